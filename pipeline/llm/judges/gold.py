"""Pairs of replies whose better one is known: planted ones, and ones that people compared.

A judge is an annotator: on these pairs it is measured how often it is right, how it leans, and how far it agrees with
people.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from pipeline.core.conversation import Conversation, Message
from pipeline.core.errors import PipelineError
from pipeline.core.json_types import JsonObject
from pipeline.core.record import share
from pipeline.core.settings import Settings, parse
from pipeline.llm.judges.bias import Judged
from pipeline.llm.judges.judge import Choice, Comparison, Pair
from pipeline.llm.judges.rubric import reply_text
from pipeline.stats.agreement import alpha_interval, cohen_kappa, krippendorff_alpha
from pipeline.stats.intervals import share_of
from pipeline.stats.numbers import rounded

_CHOICES: tuple[Choice, ...] = ("first", "second", "tie")
_RESAMPLES = 1000  # a guess: not measured


@dataclass(frozen=True, slots=True)
class GoldPair:
    """A pair and which of its replies is better. `by` are the people who said so; empty for planted pairs."""

    pair: Pair
    better: Choice
    by: tuple[tuple[str, Choice], ...] = ()


class _Line(Settings):
    """One person's choice, as a line of the file of people's comparisons."""

    messages: list[dict[str, Any]] = Field(min_length=1)
    first: str
    second: str
    better: Literal["first", "second", "tie"]
    annotator: str
    lang: str = "en"


def planted(items: Sequence[tuple[str, Pair]], rows: int) -> list[GoldPair]:
    """Of (id, pair whose first reply is right and whose second is another conversation's) `rows` gold questions.

    Which reply stands first is drawn from the id; pairs of equal replies are left out.
    """
    drawn = sorted(items, key=lambda item: share("judge.gold", item[0]))
    known = [(id, pair) for id, pair in drawn if reply_text(pair.first) != reply_text(pair.second)][:rows]
    return [
        GoldPair(pair, "first")
        if share("judge.order", id) < 0.5
        else GoldPair(Pair(pair.conversation, pair.second, pair.first, pair.lang), "second")
        for id, pair in known
    ]


def read_people(path: Path) -> list[GoldPair]:
    """People's comparisons: JSON Lines of `messages`, `first`, `second`, `better`, `annotator`, `lang`.

    Lines about one pair are one gold question; the choice of most counts, `tie` where as many say one as the other.
    Raises PipelineError that names the line.
    """
    if not path.is_file():
        raise PipelineError(f"{path}: no such file.", "It holds people's comparisons: docs/language_models.md.")
    groups: dict[str, list[_Line]] = {}
    for number, text in enumerate(path.read_text("utf-8-sig").splitlines(), 1):
        if text.strip():
            line = _read(text, f"{path}:{number}")
            key = json.dumps([line.messages, line.first, line.second], sort_keys=True)
            groups.setdefault(key, []).append(line)
    return [_gold(lines) for lines in groups.values()]


def _read(text: str, place: str) -> _Line:
    try:
        value = json.loads(text)
        for turn in value["messages"]:
            Message.of(turn)
    except (ValueError, KeyError, TypeError) as error:
        raise PipelineError(f"{place}: not readable: {error}", "One JSON object a line.") from None
    return parse(value, _Line, place)


def _gold(lines: Sequence[_Line]) -> GoldPair:
    one = lines[0]
    counts = [sum(line.better == choice for line in lines) for choice in _CHOICES]
    best = max(counts)
    better = _CHOICES[counts.index(best)] if counts.count(best) == 1 else "tie"
    conversation = Conversation(tuple(Message.of(turn) for turn in one.messages))
    pair = Pair(conversation, Message("assistant", one.first), Message("assistant", one.second), one.lang)
    return GoldPair(pair, better, tuple((line.annotator, line.better) for line in lines))


def as_judged(comparison: Comparison, pair: Pair, better: Choice | None = None) -> Judged:
    """A judge's comparison with what is known of the pair."""
    first, second = len(reply_text(pair.first)), len(reply_text(pair.second))
    longer: Choice | None = None if first == second else "first" if first > second else "second"
    return Judged(comparison, longer, None if better == "tie" else better)


def on_gold(gold: Sequence[GoldPair], comparisons: Sequence[Comparison]) -> JsonObject:
    """How often the judge was right where a better reply is known; a tie is half right, an unreadable one no answer."""
    read = [
        (comparison.choice, one.better)
        for one, comparison in zip(gold, comparisons, strict=True)
        if comparison.choice and one.better != "tie"
    ]
    right = sum(0.5 if choice == "tie" else float(choice == better) for choice, better in read)
    return {"asked": len(gold), "read": len(read), "right": share_of(right, len(read))}


def with_people(gold: Sequence[GoldPair], comparisons: Sequence[Comparison]) -> JsonObject | None:
    """Agreement on pairs that people compared; None where they compared none.

    Alpha of people and judge together and of people alone, and the judge's kappa with the choice of most.
    """
    asked = [(one, c.choice) for one, c in zip(gold, comparisons, strict=True) if one.by]
    if not asked:
        return None
    people = np.zeros((len(asked), len(_CHOICES)))
    table = np.zeros((len(_CHOICES), len(_CHOICES)))
    judge = np.zeros_like(people)
    for n, (one, choice) in enumerate(asked):
        np.add.at(people[n], [_CHOICES.index(said) for _, said in one.by], 1)
        if choice:
            judge[n, _CHOICES.index(choice)] += 1
            table[_CHOICES.index(one.better), _CHOICES.index(choice)] += 1
    together = people + judge
    interval = alpha_interval(together, _RESAMPLES)
    return {
        "pairs": len(asked),
        "read": int(table.sum()),
        "alpha": _figure(krippendorff_alpha(together)),
        "alpha_interval": None if interval is None else [rounded(end) for end in interval],
        "alpha_people": _figure(krippendorff_alpha(people)),
        "kappa": _figure(cohen_kappa(table)),
    }


def _figure(value: float | None) -> float | None:
    return None if value is None else rounded(value)


def between_judges(choices: Sequence[Sequence[Choice | None]]) -> float | None:
    """Krippendorff's alpha of several judges' choices, one row a judge; None where nothing can be said."""
    counts = np.zeros((len(choices[0]) if choices else 0, len(_CHOICES)))
    for row in choices:
        for n, choice in enumerate(row):
            if choice:
                counts[n, _CHOICES.index(choice)] += 1
    return _figure(krippendorff_alpha(counts))
