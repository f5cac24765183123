"""The type of what reports hold: everything that JSON can say, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
#: Read-only, so that a `dict[str, int]` is one too; what is filled in turn is a `dict[str, Json]`.
JsonObject = Mapping[str, Json]
