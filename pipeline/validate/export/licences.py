"""Licences of the sources: which hub id they have, and which of them binds most."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Hub licence ids from the freest to the most binding; what is not here counts as more binding than all.
ORDER = (
    "cc0-1.0",
    "unlicense",
    "pddl",
    "mit",
    "bsd",
    "bsd-2-clause",
    "bsd-3-clause",
    "apache-2.0",
    "cdla-permissive-2.0",
    "odc-by",
    "cc-by-3.0",
    "cc-by-4.0",
    "odbl",
    "cc-by-sa-3.0",
    "cc-by-sa-4.0",
    "lgpl-3.0",
    "gpl-3.0",
    "agpl-3.0",
    "cc-by-nd-4.0",
    "cc-by-nc-4.0",
    "cc-by-nc-sa-4.0",
    "cc-by-nc-nd-4.0",
)


def hub_id(licence: str) -> str:
    """The hub's id for a licence as people write it: `CC BY 4.0` -> `cc-by-4.0`; `other` if unknown.

    What stands in brackets is a remark.
    """
    words = (
        re.sub(r"[^a-z0-9.]+", "-", re.sub(r"\(.*?\)", "", licence).lower())
        .strip("-")
        .removesuffix("-license")
        .removesuffix("-licence")
    )
    return words if words in ORDER else "other"


def most_restrictive(licences: Sequence[str]) -> str:
    """The one of `licences`, as written, that binds most; an unknown one binds more than any known one."""
    return max(sorted(licences), key=_rank)


def _rank(licence: str) -> int:
    known = hub_id(licence)
    return ORDER.index(known) if known in ORDER else len(ORDER)
