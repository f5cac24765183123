"""A linear tagger: what named entity recognition reached before encoders. Reference and pre-labeller for spans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.record import Span
from pipeline.modeling.features.tagging_units import best_tags, to_spans, to_tags, units

if TYPE_CHECKING:
    from sklearn.feature_extraction import FeatureHasher
    from sklearn.linear_model import SGDClassifier

#: Columns that features are hashed into. A guess: not measured.
_COLUMNS = 2**18
#: Passes of stochastic gradient descent over all units, and the penalty of large weights. Guesses: not measured.
_PASSES, _PENALTY = 8, 1e-6
#: Letters of the longest prefix and suffix; probability of a tag that train never shows. Guesses: not measured.
_AFFIX, _UNSEEN = 4, 1e-9


class LinearTagger:
    """A fitted tagger: see `fit_tagger`."""

    def __init__(self, model: SGDClassifier, hasher: FeatureHasher, labels: Sequence[str]) -> None:
        self._model, self._hasher, self._labels = model, hasher, tuple(labels)

    def tag(self, texts: Sequence[str]) -> list[tuple[list[Span], float]]:
        """The spans of each text: the likeliest sound sequence of tags; and the log probability of that sequence."""
        bounds = [units(text) for text in texts]
        every = [f for text, found in zip(texts, bounds, strict=True) for f in features(text, found)]
        probable = np.full((len(every), 2 * len(self._labels) + 1), _UNSEEN)
        if every:
            probable[:, self._model.classes_] += self._model.predict_proba(self._hasher.transform(every))
        logs, found, start = np.log(probable), [], 0
        for one in bounds:
            part = logs[start : start + len(one)]
            tags = best_tags(part)
            sure = float(part[np.arange(len(one)), tags].sum()) if one else 0.0
            found.append(([span for span, _ in to_spans(tags, one, self._labels)], sure))
            start += len(one)
        return found


def fit_tagger(train: Sequence[tuple[str, Sequence[Span]]], labels: Sequence[str]) -> LinearTagger | None:
    """A tagger learned from (text, spans) pairs; None where they show one kind of tag only.

    Logistic regression per BIO tag on a unit, its neighbours, affixes and shape (the features of Ratinov and Roth
    2009 without gazetteers).
    """
    from sklearn.feature_extraction import FeatureHasher
    from sklearn.linear_model import SGDClassifier

    bounds = [units(text) for text, _ in train]
    target = [tag for (_, spans), found in zip(train, bounds, strict=True) for tag in to_tags(spans, found, labels)]
    if len(set(target)) < 2:
        return None
    hasher = FeatureHasher(_COLUMNS, input_type="string", dtype=np.float32, alternate_sign=False)
    known = hasher.transform([f for (text, _), found in zip(train, bounds, strict=True) for f in features(text, found)])
    model = SGDClassifier("log_loss", alpha=_PENALTY, max_iter=_PASSES, tol=None, average=True, random_state=0)
    return LinearTagger(model.fit(known, target), hasher, labels)


def tag_linearly(
    train: Sequence[tuple[str, Sequence[Span]]], texts: Sequence[str], labels: Sequence[str]
) -> list[list[Span]]:
    """The spans of each text, learned from (text, spans) pairs; none where these show nothing to learn."""
    tagger = fit_tagger(train, labels)
    return [[] for _ in texts] if tagger is None else [spans for spans, _ in tagger.tag(texts)]


def features(text: str, bounds: Sequence[tuple[int, int]]) -> Iterator[list[str]]:
    """The features of each unit."""
    words = ["", "", *(text[start:end] for start, end in bounds), "", ""]
    for n in range(2, len(words) - 2):
        word = words[n]
        around = [f"{k}={words[n + k]}" for k in (-2, -1, 0, 1, 2)]
        pairs = [f"-1,0={words[n - 1]} {word}", f"0,1={word} {words[n + 1]}", f"-1,1={words[n - 1]} {words[n + 1]}"]
        affixes = [
            f"{k}{part}" for k in range(1, min(_AFFIX, len(word)) + 1) for part in (f"<{word[:k]}", f"{word[-k:]}>")
        ]
        shapes = [f"shape{k}={shape(words[n + k])}" for k in (-1, 0, 1)]
        yield [*around, *pairs, *affixes, *shapes, f"lower={word.lower()}", "bias"]


def shape(word: str) -> str:
    """Letters by kind, repeats once. Example: 'iPhone6s' -> 'aAa0a'."""
    kinds = ["A" if c.isupper() else "a" if c.islower() else "0" if c.isdigit() else c for c in word]
    return "".join(c for n, c in enumerate(kinds) if n == 0 or c != kinds[n - 1])
