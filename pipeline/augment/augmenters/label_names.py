"""A class's own name as one more example of it: `card_arrival` says what the class is about before any row is read.

Little for many rows, much for a handful a class. Known from SetFit's templated examples
(https://huggingface.co/docs/setfit/how_to/zero_shot) and pattern-exploiting training (Schick and Schuetze 2021,
https://arxiv.org/abs/2001.07676).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from pydantic import Field, field_validator

from pipeline.augment.augmenters.request import Request, Rewrite, Written
from pipeline.augment.policy import MethodSettings

_LETTERS = re.compile(r"[^\W\d_]")
_JOINTS = re.compile(r"[_\-/.\s]+|(?<=[a-z])(?=[A-Z])")


class LabelNames(MethodSettings):
    """Settings of label_names. `factor` is not asked: each class gets one child per template."""

    # {name} is the class's name in words. A class has as many children as there are templates.
    templates: tuple[str, ...] = Field(default=("{name}",), min_length=1)
    # What a class is called where its label does not say: {"1": praise}
    names: dict[str, str] = Field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """No other words for its parent's text."""
        return True

    @property
    def label_is_given(self) -> bool:
        """A class's name is of the class."""
        return True

    @property
    def each_class(self) -> int | None:
        """One per template."""
        return len(self.templates)

    @field_validator("templates")
    @classmethod
    def _templates_hold_a_name(cls, templates: tuple[str, ...]) -> tuple[str, ...]:
        for template in templates:
            if "{name}" not in template:
                raise ValueError(f"'{template}' has no {{name}} in it")
        return templates


def build(settings: LabelNames, models: object) -> Rewrite:
    """The class's name in each template; no model is asked."""
    return partial(_rewrite, settings)


def _rewrite(settings: LabelNames, requests: Sequence[Request]) -> list[Written]:
    own: dict[str | None, list[int]] = defaultdict(list)  # a class's templates are dealt out over all its languages
    for n, request in enumerate(requests):
        own[request.label].append(n)
    results = [Written("", problem="no_class", detail="label_names needs a class")] * len(requests)
    for label, rows in own.items():
        for place, n in enumerate(sorted(rows, key=lambda n: requests[n].seed)):
            if label is not None:
                results[n] = _written(label, settings, place)
    return results


def _written(label: str, settings: LabelNames, place: int) -> Written:
    name = settings.names.get(label) or words(label)
    if len(_LETTERS.findall(name)) < 2:
        detail = f"'{label}' says nothing; give it a name: augment.methods.label_names.names"
        return Written("", problem="no_words", detail=detail)
    return Written(settings.templates[place % len(settings.templates)].replace("{name}", name))


def words(label: str) -> str:
    """A label as words: joints become spaces, capitals inside words too.

    >>> words("card_arrival"), words("CardArrival"), words("体育")
    ('card arrival', 'card arrival', '体育')
    """
    text = " ".join(_JOINTS.sub(" ", label).split())
    return text if text.isupper() else text.lower()
