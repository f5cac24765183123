"""What an augmenter is asked for, what it gives back, and what it says when its engine is not there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.core.json_types import JsonObject


@dataclass(frozen=True)
class Request:
    """One child to be made. `seed` is text: every random choice for this child is drawn from it.

    `protected` substrings must survive. `label` and `examples` (texts of other training records of that label) are for
    methods that write new examples. `prompt_template` is how the task asks a model about a text, with a `{text}` in it,
    and None where its targets are no free texts; `system` are the turns under which it is asked.
    """

    text: str
    lang: str
    seed: str
    protected: tuple[str, ...] = ()
    label: str | None = None
    examples: tuple[str, ...] = ()
    prompt_template: str | None = "{text}"
    system: tuple[str, ...] = ()

    @property
    def is_material(self) -> bool:
        """Whether the text is what a task is done with (a text to translate), and not the task itself."""
        return self.prompt_template not in (None, "{text}")


@dataclass(frozen=True)
class Written:
    """A child's text, and what a plain text cannot say.

    `answer` is a new target that goes with it (a reply to a new instruction). `problem` is the snake_case reason
    why the text is no use (`echo`, `endless`, `too_long`, ...); `detail` says more, for people.
    """

    text: str
    answer: str | None = None
    problem: str = ""
    detail: str = ""


#: Texts for requests, in order; an empty text or the parent's own means "nothing could be made".
Rewrite = Callable[[Sequence[Request]], Sequence[str | Written]]


def as_written(result: str | Written) -> Written:
    """A plain text as `Written`."""
    return result if isinstance(result, Written) else Written(result)


class NothingAskedError(Exception):
    """The method only says what it would ask of its model (`llm/dry_run.py`): `why`, and `forecast` by round."""

    def __init__(self, told: JsonObject) -> None:
        super().__init__(told["why"])
        self.why, self.forecast = str(told["why"]), told["forecast"]


class EngineMissingError(Exception):
    """The engine of a method is not on this machine, or does not answer. `remedy` is what to type or set."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}. {remedy}")
        self.what = what
        self.remedy = remedy
