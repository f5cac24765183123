"""Which tokens carry no loss."""

from __future__ import annotations

#: Label of a token that carries no loss.
IGNORED = -100
