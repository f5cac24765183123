"""References for targets that are no class: numbers, spans, answers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.core.record import Answer, Fields, Record
from pipeline.core.settings import Task
from pipeline.modeling.features.encoder import occupied, tfidf
from pipeline.modeling.features.linear_tagger import tag_linearly
from pipeline.modeling.prediction import Prediction
from pipeline.stats.answer_scores import cmrc_pieces
from pipeline.tasks import task_type

#: Ridge regression's penalty; features are TF-IDF rows of unit length. Default of scikit-learn's Ridge.
_PENALTY = 1.0
_SENTENCE = re.compile(r"[^.!?。！？\n]*[.!?。！？\n]?")


def numbers(train: Sequence[Record], test: Sequence[Record], task: Task) -> dict[str, list[Prediction]]:
    """Mean and median of the train split; ridge regression on TF-IDF of the main text.

    No one number has a smaller squared error there than the mean, or a smaller absolute error than the median.
    """
    from sklearn.linear_model import Ridge

    given = np.array([float(record.target) for record in train])
    middle = {"mean": float(given.mean()), "median": float(np.median(given))}
    found = {name: [Prediction(number) for _ in test] for name, number in middle.items()}
    if len(train) > 1:
        text = task_type(task).main_text
        matrix = occupied(tfidf([text(record) for record in (*train, *test)]))
        model = Ridge(alpha=_PENALTY, solver="sparse_cg", random_state=0).fit(matrix[: len(train)], given)
        said = model.predict(matrix[len(train) :])
        found["tfidf_ridge"] = [Prediction(float(number)) for number in said]
    return found


def spans(train: Sequence[Record], test: Sequence[Record], task: Task) -> dict[str, list[Prediction]]:
    """A gazetteer: what train marks at least as often as not is an entity, of its most frequent type; longest first.

    And a linear tagger (linear_tagger.py).
    """
    text = task_type(task).main_text
    marked: dict[str, Counter[str]] = defaultdict(Counter)
    for record in train:
        for span in record.target:
            marked[text(record)[span["start"] : span["end"]]][span["label"]] += 1
    index = _by_first_letter(marked)
    seen = Counter(surface for record in train for _, surface in _occurrences(text(record), index))
    known = {s: min(c, key=lambda name: (-c[name], name)) for s, c in marked.items() if 2 * sum(c.values()) >= seen[s]}
    index = _by_first_letter(known)
    pairs = [(text(record), record.target) for record in train]
    tagged = tag_linearly(pairs, [text(record) for record in test], task.labels)
    return {
        "gazetteer": [Prediction(_longest(text(record), index, known)) for record in test],
        "linear_tagger": [Prediction(found) for found in tagged],
    }


def answers(train: Sequence[Record], test: Sequence[Record], task: Task) -> dict[str, list[Prediction]]:
    """The context's sentence that shares most words with the question (the first of equals); its first sentence."""
    return {
        "best_sentence": [Prediction([_best_sentence(record.fields)]) for record in test],
        "first_sentence": [Prediction([next(_sentences(record.fields["context"]))]) for record in test],
    }


#: Kind of target -> its baselines.
SIMPLE: dict[str, Callable[[Sequence[Record], Sequence[Record], Task], dict[str, list[Prediction]]]] = {
    "number": numbers,
    "spans": spans,
    "answers": answers,
}


def _by_first_letter(surfaces: Mapping[str, object]) -> dict[str, list[str]]:
    """Surfaces by their first letter, longest first."""
    index: dict[str, list[str]] = defaultdict(list)
    for surface in sorted(surfaces, key=lambda surface: (-len(surface), surface)):
        index[surface[0]].append(surface)
    return index


def _occurrences(text: str, index: Mapping[str, Sequence[str]]) -> Iterator[tuple[int, str]]:
    """Where known surfaces stand in the text, longest first at each place; never inside a word of letters."""
    for start, letter in enumerate(text):
        for surface in index.get(letter, ()):
            if text.startswith(surface, start) and _is_whole(text, start, start + len(surface)):
                yield start, surface


def _is_whole(text: str, start: int, end: int) -> bool:
    def joins(a: str, b: str) -> bool:
        return a.isascii() and b.isascii() and a.isalnum() and b.isalnum()

    return not (start and joins(text[start - 1], text[start])) and not (
        end < len(text) and joins(text[end - 1], text[end])
    )


def _longest(text: str, index: Mapping[str, Sequence[str]], known: Mapping[str, str]) -> list[dict[str, object]]:
    found: list[dict[str, Any]] = []
    for start, surface in _occurrences(text, index):
        if not found or start >= found[-1]["end"]:
            found.append({"start": start, "end": start + len(surface), "label": known[surface]})
    return found


def _best_sentence(fields: Fields) -> Answer:
    asked = set(cmrc_pieces(fields["question"]))
    return max(_sentences(fields["context"]), key=lambda s: len(asked & set(cmrc_pieces(s["text"]))))


def _sentences(context: str) -> Iterator[Answer]:
    """Sentences as answers; the whole context where it has none."""
    is_empty = True
    for match in _SENTENCE.finditer(context):
        text = match.group().strip()
        if text:
            is_empty = False
            yield {"start": match.start() + match.group().index(text), "text": text}
    if is_empty:
        yield {"start": 0, "text": context}
