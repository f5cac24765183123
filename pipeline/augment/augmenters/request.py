"""What an augmenter is asked for, and what it says when its engine is not there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """One child to be made. `seed` is text: every random choice for this child is drawn from it.

    `protected` substrings must survive. `label` and `examples` (texts of other training records
    of that label) are for methods that write new examples.
    """

    text: str
    lang: str
    seed: str
    protected: tuple[str, ...] = ()
    label: str | None = None
    examples: tuple[str, ...] = ()


#: Texts for requests, in order; an empty text or the parent's own means "nothing could be made".
Rewrite = Callable[[Sequence[Request]], list[str]]


class EngineMissingError(Exception):
    """The engine of a method is not on this machine. `remedy` is what to type or set."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}. {remedy}")
        self.what = what
        self.remedy = remedy
