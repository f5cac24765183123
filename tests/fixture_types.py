"""Types of pytest's own fixtures that it does not export."""

from __future__ import annotations

from collections.abc import Callable

#: `record_property`: a figure by its name, for the report of the run.
RecordProperty = Callable[[str, object], None]
