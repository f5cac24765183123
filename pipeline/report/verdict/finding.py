"""What one check of the verdict found, in a form that the page says in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NamedTuple, TypedDict

from pipeline.report.inputs import Inputs

#: The worst first. `unmeasured`: it applies, and nobody looked; `inapplicable`: there is nothing to look at.
State = Literal["fail", "warn", "pass", "unmeasured", "inapplicable"]
STATES: tuple[State, ...] = ("fail", "warn", "pass", "unmeasured", "inapplicable")


class Because(TypedDict):
    """A clause of the sentence: the page's text, and what fills it."""

    key: str
    args: Mapping[str, object]


class Finding(NamedTuple):
    """One check's outcome. Its clause is the page's text `because.<key>`, filled with `args`."""

    check: str  # a key of CHECKS; its name is the page's text `check.<check>`
    state: State
    key: str
    args: Mapping[str, object]
    section: str  # of the page, that shows the figures


#: What the stages left behind -> what a check found; nothing where another check says it better.
Check = Callable[[Inputs], Iterator[Finding]]
