"""From start and end logits to an answer, or to 'there is none'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.record import Answer
from pipeline.modeling.prediction import Prediction
from pipeline.stats.answer_scores import answer_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_BEST = 20  # as `n_best_size` of the SQuAD script of BERT (https://github.com/google-research/bert, run_squad.py)
#: A threshold that no score reaches: dev has no unanswerable question, so one is never claimed.
NEVER = 1e9


@dataclass(frozen=True)
class Found:
    """The best spans (score, start, text), highest first, and the lowest score of 'no answer' over all windows."""

    spans: list[tuple[float, int, str]]
    null: float

    def joined(self, other: Found) -> Found:
        """Both windows' spans as one list; one that both found counts once, with its higher score."""
        best: dict[tuple[int, str], float] = {}
        for score, start, text in (*self.spans, *other.spans):
            best[start, text] = max(score, best.get((start, text), -np.inf))
        ranked = sorted(((score, start, text) for (start, text), score in best.items()), key=_rank)
        return Found(ranked[:_BEST], min(self.null, other.null))

    @property
    def margin(self) -> float:
        """How far 'no answer' lies above the best answer."""
        return self.null - self.spans[0][0] if self.spans else NEVER


def decode(begin: Floats, end: Floats, offsets: Sequence[Sequence[int] | None], context: str, limit: int) -> Found:
    """The n-best spans of one window: inside the context, first token not after the last, at most `limit` tokens."""
    inside = np.array([n for n, place in enumerate(offsets) if place is not None and place[1] > place[0]], np.int64)
    null = float(begin[0] + end[0])
    if not len(inside):
        return Found([], null)
    firsts = inside[np.argsort(-begin[inside], kind="stable")[:_BEST]]
    lasts = inside[np.argsort(-end[inside], kind="stable")[:_BEST]]
    spans: dict[tuple[int, str], float] = {}
    pairs = ((a, b) for a, b in product(firsts.tolist(), lasts.tolist()) if a <= b < a + limit)
    for a, b in pairs:
        start, text = _trimmed(context, offsets[a][0], offsets[b][1])
        if text:
            spans[start, text] = max(float(begin[a] + end[b]), spans.get((start, text), -np.inf))
    ranked = sorted(((score, *place) for place, score in spans.items()), key=_rank)
    return Found(ranked[:_BEST], null)


def choose_answer(found: Found, threshold: float, temperature: float) -> Prediction:
    """The answer, or none where 'no answer' is more than `threshold` above it; confidence among all candidates."""
    none = not found.spans or found.margin > threshold
    scores = np.array([score for score, _, _ in found.spans])
    if threshold < NEVER or not len(scores):
        scores = np.append(scores, found.null - (threshold if threshold < NEVER else 0.0))
    likely = np.exp((scores - scores.max()) / temperature)
    sure = float((likely[-1] if none else likely[0]) / likely.sum())
    if none:
        return Prediction([], sure)
    _, start, text = found.spans[0]
    return Prediction([{"start": start, "text": text}], sure)


def fit_null_threshold(
    found: Sequence[Found], given: Sequence[Sequence[Answer]], langs: Sequence[str]
) -> tuple[float, float]:
    """The threshold with the best F1, and the temperature with the best log loss of 'the answer is right'."""
    threshold = _best_threshold(found, given, langs) if any(not truth for truth in given) else NEVER
    right = np.array(
        [
            answer_scores(choose_answer(one, threshold, 1.0).value, truth, lang)[0]
            for one, truth, lang in zip(found, given, langs, strict=True)
        ]
    )
    best = (np.inf, 1.0)
    for temperature in np.exp(np.linspace(-1.5, 3, 19)).round(6).tolist():
        sure = np.array([choose_answer(one, threshold, temperature).confidence for one in found])
        likely = np.where(right == 1, sure, 1 - sure)
        best = min(best, (float(-np.log(likely + 1e-6).mean()), temperature))
    return threshold, best[1]


def _best_threshold(found: Sequence[Found], given: Sequence[Sequence[Answer]], langs: Sequence[str]) -> float:
    """Between two margins. All rows are answered first; then rows fall to 'none' from the highest margin down."""
    answered = [
        answer_scores(choose_answer(one, NEVER, 1.0).value, truth, lang)[1]
        for one, truth, lang in zip(found, given, langs, strict=True)
    ]
    order = sorted(range(len(found)), key=lambda n: -found[n].margin)
    gains = np.cumsum([float(not given[n]) - answered[n] for n in order])
    best = int(gains.argmax())
    if gains[best] <= 0:
        return found[order[0]].margin + 1.0
    after = found[order[best + 1]].margin if best + 1 < len(order) else found[order[best]].margin - 2.0
    return (found[order[best]].margin + after) / 2


def _rank(span: tuple[float, int, str]) -> tuple[float, int, str]:
    return -span[0], span[1], span[2]


def _trimmed(context: str, start: int, end: int) -> tuple[int, str]:
    """The stretch without white space at its ends: byte-level tokens carry the space before a word."""
    text = context[start:end]
    return start + len(text) - len(text.lstrip()), text.strip()
