"""Places of a context that could answer a question, and what can be seen of each."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain, groupby, zip_longest
from operator import itemgetter
from typing import Any

import numpy as np

from pipeline.core.counts import ranked
from pipeline.core.record import Record, share
from pipeline.modeling.features.encoder import features
from pipeline.modeling.features.tagging_units import units
from pipeline.modeling.models import Model

#: First and last unit.
Place = tuple[int, int]

_LONGEST = 12  # units of a run of content words; a guess: not measured
_RANDOM = 12  # places drawn at random in each context; a guess: not measured
_COMMON = 0.2  # share of contexts from which on a word says nothing of what is asked; a guess: not measured
_FREQUENT = 60  # units that make up what a question asks for (who, how many, 什么); a guess: not measured
_AROUND = 12  # units to both sides in which words of the question are looked for; a guess: not measured
_ENDS = re.compile(r"[。！？；]|[.!?](?=\s)")
_LEVELS = 8  # steps of a number from 0 to 1; a guess: not measured


@dataclass(frozen=True)
class Reading:
    """A question and its context by units; `weights` are those of context units that the question holds, summed up."""

    id: str
    context: str
    bounds: list[tuple[int, int]]
    words: list[str]
    asked: list[str]
    weights: list[float]
    content: list[bool]
    sentences: list[int]  # the sentence of each unit
    likeness: list[int]  # of each sentence to the question: its rank, 0 is most alike

    def features(self, place: Place) -> list[str]:
        """What can be seen of a place, for hashing."""
        first, last = place
        before, begins, ends, after = (self._word(n) for n in (first - 1, first, last, last + 1))
        cuts = [f"{self._kind(first - 1)}|{self._kind(first)}", f"{self._kind(last)}|{self._kind(last + 1)}"]
        rank = min(self.likeness[self.sentences[first]], 3)
        looks = [f"b {self._kind(first)}", f"e {self._kind(last)}", f"n {min(last - first + 1, 10)}", f"cut {cuts[0]}"]
        looks.append(f"digits {any(self.words[n][0].isdigit() for n in range(first, last + 1))}")
        total = self.weights[-1] or 1.0
        inside = (self.weights[last + 1] - self.weights[first]) / total
        near = self.weights[min(last + 1 + _AROUND, len(self.words))] - self.weights[max(first - _AROUND, 0)]
        return [
            *looks,
            f"before={before}",
            f"after={after}",
            f"begins={begins}",
            f"ends={ends}",
            f"before,begins={before} {begins}",
            f"ends,after={ends} {after}",
            *(f"cut {n} {cut}" for n, cut in enumerate(cuts)),
            f"cuts {cuts}",
            f"sentences {self.sentences[last] - self.sentences[first]}",
            f"rank {rank}",
            f"inside {_level(inside)}",
            f"near {_level(near / total - inside)}",
            f"near {_level(near / total - inside)} rank {rank}",
            f"balance {_balance(self.words[first : last + 1])}",
            *(f"asked {asked} {look}" for asked in self.asked for look in looks),
        ]

    def _word(self, n: int) -> str:
        return self.words[n] if 0 <= n < len(self.words) else "^"

    def _kind(self, n: int) -> str:
        """How a unit looks: content or not, capital, digit, sign, CJK."""
        if not 0 <= n < len(self.words):
            return "^"
        return f"{'+' if self.content[n] else '-'}{_shape(self._surface(n))}"

    def _surface(self, n: int) -> str:
        return self.context[slice(*self.bounds[n])]


def read(records: Sequence[Record], encoder: Model, known: int) -> list[Reading]:
    """Every record taken apart; the first `known` alone say which words are frequent."""
    asked = [_lower_units(str(record.fields["question"]))[1] for record in records]
    texts = [str(record.fields["context"]) for record in records]
    contexts = {text: _lower_units(text) for text in set(texts)}
    seen = set(texts[:known])
    held = Counter(chain.from_iterable(set(contexts[text][1]) for text in seen))
    frequent = set(dict(_frequent(asked[:known])))
    common = {word for word, count in held.items() if count > _COMMON * len(seen)}
    found = []
    for record, text, question in zip(records, texts, asked, strict=True):
        bounds, words = contexts[text]
        weights = _weights(words, question, held, len(seen))
        content = [word[0].isalnum() and word not in common for word in words]
        wanted = sorted(frequent.intersection(question))
        found.append(Reading(record.id, text, bounds, words, wanted, weights, content, _numbered(text, bounds), []))
    for reading, ranks in zip(found, _ranks(records, found, encoder, known), strict=True):
        reading.likeness.extend(ranks)
    return found


def _lower_units(text: str) -> tuple[list[Place], list[str]]:
    """Where the units of a text stand, and the units in small letters."""
    bounds = units(text)
    return bounds, [text[a:b].lower() for a, b in bounds]


def _frequent(questions: Sequence[Sequence[str]]) -> list[tuple[str, int]]:
    """The words that most questions hold, and how many do."""
    counts = Counter(word for question in questions for word in set(question) if word[0].isalpha())
    return ranked(counts)[:_FREQUENT]


def _weights(words: Sequence[str], question: Sequence[str], held: Mapping[str, int], seen: int) -> list[float]:
    """Summed up along a context: the inverse document frequency of each word that the question holds as well."""
    wanted = {word for word in question if word[0].isalnum()}
    gains = (math.log(seen / max(held.get(word, 0), 1) + 1) if word in wanted else 0.0 for word in words)
    return [0.0, *accumulate(gains)]


def _ranks(records: Sequence[Record], readings: Sequence[Reading], encoder: Model, known: int) -> list[list[int]]:
    """For each question the rank of every sentence of its context by cosine similarity, 0 for the most alike."""
    held: dict[str, list[str]] = {}
    for reading in readings:
        if reading.context not in held:
            held[reading.context] = _sentences(reading)
    texts = [str(record.fields["question"]) for record in records]
    starts: dict[str, int] = {}
    for context, parts in held.items():
        starts[context] = len(texts)
        texts += parts
    vectors = features(texts, encoder, known)
    ranks = []
    for n, reading in enumerate(readings):
        start = starts[reading.context]
        cosines = np.asarray(vectors[start : start + len(held[reading.context])] @ vectors[n].T).ravel()
        if not isinstance(vectors, np.ndarray):
            cosines = (vectors[start : start + len(held[reading.context])] @ vectors[n].T).toarray().ravel()
        ranks.append((-cosines).argsort(kind="stable").argsort(kind="stable").tolist())
    return ranks


def _numbered(text: str, bounds: Sequence[tuple[int, int]]) -> list[int]:
    """The number of the sentence that each unit stands in."""
    ends = [match.end() for match in _ENDS.finditer(text)]
    return [bisect_right(ends, start) for start, _ in bounds]


def _sentences(reading: Reading) -> list[str]:
    parts = [""] * (max(reading.sentences, default=0) + 1)
    starts: dict[int, int] = {}
    for part, (start, end) in zip(reading.sentences, reading.bounds, strict=True):
        parts[part] = reading.context[starts.setdefault(part, start) : end]
    return parts


def places(readings: Sequence[Reading], given: Sequence[Sequence[Place]], known: Sequence[bool]) -> list[list[Place]]:
    """What is tried in each context.

    The given answers, their stretched and cut forms, other answers that are `known`, runs of content words, places at
    random.
    """
    others: defaultdict[str, set[Place]] = defaultdict(set)
    for reading, mine, is_known in zip(readings, given, known, strict=True):
        others[reading.context].update(mine if is_known else ())
    lengths = sorted(
        last - first for mine, is_known in zip(given, known, strict=True) if is_known for first, last in mine
    )
    found = []
    for reading, mine in zip(readings, given, strict=True):
        size = len(reading.words)
        tried = {*mine, *others[reading.context], *_runs(reading.content)}
        tried.update(form for place in mine for form in _forms(place))
        for n in range(_RANDOM):
            first = int(size * share("place", str(n), reading.id))
            tried.add((first, first + lengths[int(len(lengths) * share("length", str(n), reading.id))]))
        found.append(sorted(place for place in tried if 0 <= place[0] <= place[1] < size))
    return found


def to_place(answer: Mapping[str, Any], context: str) -> Place | None:
    """The units that an answer touches."""
    start, end = answer["start"], answer["start"] + len(answer["text"])
    inside = [n for n, (a, b) in enumerate(_units(context)) if a < end and b > start]
    return (inside[0], inside[-1]) if inside else None


def to_answer(place: Place, reading: Reading) -> dict[str, object]:
    """A place as an answer."""
    start, end = reading.bounds[place[0]][0], reading.bounds[place[1]][1]
    return {"start": start, "text": reading.context[start:end]}


@lru_cache(maxsize=256)
def _units(context: str) -> list[tuple[int, int]]:
    return units(context)


def _forms(place: Place) -> Iterator[Place]:
    first, last = place
    for a in range(first - 3, first + 4):
        for b in range(last - 3, last + 4):
            if a <= b and (a == first or b == last):
                yield a, b


def _runs(content: Sequence[bool]) -> Iterator[Place]:
    """Runs of content words, and two neighbouring runs with one word between them as one."""
    alike = [[n for n, _ in run] for is_content, run in groupby(enumerate(content), itemgetter(1)) if is_content]
    runs = [(run[0], run[-1]) for run in alike]
    for (start, end), following in zip_longest(runs, runs[1:]):
        if end - start < _LONGEST:
            yield start, end
        if following and following[0] - end == 2 and following[1] - start < _LONGEST:
            yield start, following[1]


def _level(part: float) -> int:
    return min(_LEVELS, int(_LEVELS * max(part, 0.0)))


def _balance(words: Sequence[str]) -> int:
    """0 where brackets and quotes inside are in pairs."""
    opened = sum(word in "([（【《“「" for word in words) - sum(word in ")]）】》”」" for word in words)
    return abs(opened) + sum(word == '"' for word in words) % 2


def _shape(word: str) -> str:
    kinds = ["0" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in word[:2]]
    return "".join(kinds)
