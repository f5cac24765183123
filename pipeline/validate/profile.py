"""What a version of the dataset looks like, in figures that another version can be held against."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from heapq import nsmallest

from pipeline.core.counts import ranked
from pipeline.core.record import Record
from pipeline.text.scripts import UNSPACED
from pipeline.validate.bias import skew
from pipeline.validate.dataset_view import View
from pipeline.validate.params import Params
from pipeline.validate.quality_scores import quality_scores
from pipeline.validate.report_types import Coverage, Lengths, Profile, Totals, Words

#: Upper ends of the length bins, in characters: a factor of two apart. A guess: not measured.
LENGTH_EDGES = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)

_SAMPLE = 20_000  # records that words are counted in: those with the smallest ids; a guess: not measured
# `_TOKENS` is a guess: not measured.
_TOKENS = 20_000  # distinct-n falls with size, so it is measured on as many tokens in every version
_WORDS = 500  # the most frequent words, which drift is measured on; a guess: not measured
_POINTS = 12  # a guess: not measured

#: Words of scripts with spaces; single characters of Chinese and Japanese.
_TOKEN = re.compile(rf"[^\W{UNSPACED}]+|[{UNSPACED}]")


def tokens(text: str) -> list[str]:
    """Words, lower case; every Chinese or Japanese character is one.

    >>> tokens("Good day, 你好")
    ['good', 'day', '你', '好']
    """
    return [word.casefold() for word in _TOKEN.findall(text)]


def profile(view: View, params: Params, totals: Totals, coverage: Coverage) -> Profile:
    """Counts, lengths, words, label skew and quality scores of a version; `coverage` is what `regions` found."""
    originals = sum(1 for _ in _originals(view))
    words = lexical([view.kind.main_text(record) for record in _sample(_originals(view))])
    found: Profile = {
        "name": params.name,
        "rows": totals["rows"],
        "classes": totals["classes"],
        "languages": totals["languages"],
        "sources": totals["sources"],
        "label_by": totals["label_by"],
        "augmented": totals["augmented"],
        "originals": originals,
        "lengths": lengths(view),
        "words": words,
        "bias": skew(view, params.attributes),
        "coverage": coverage,
    }
    return {**found, "quality_scores": quality_scores(view, found)}


def lengths(view: View) -> Lengths:
    """Histogram of main text lengths per split, over `edges` and one bin above them."""
    counts = {split: [0] * (len(LENGTH_EDGES) + 1) for split in ("train", "dev", "test")}
    for record in view.records:
        counts[str(record.split)][bisect_left(LENGTH_EDGES, len(view.kind.main_text(record)))] += 1
    return {"edges": list(LENGTH_EDGES), "counts": counts}


def lexical(texts: Sequence[str]) -> Words:
    """Frequent words, distinct 1- to 3-grams among the first 20,000 tokens, and how the vocabulary grows with texts."""
    counts: Counter[str] = Counter()
    growth: list[list[int]] = []
    marks = {max(1, len(texts) * n // _POINTS) for n in range(1, _POINTS + 1)}
    first: list[list[str]] = []
    taken = 0
    for n, text in enumerate(texts, 1):
        found = tokens(text)
        counts.update(found)
        if taken < _TOKENS:
            first.append(found[: _TOKENS - taken])
            taken += len(first[-1])
        if n in marks:
            growth.append([n, len(counts)])
    top = ranked(counts)[:_WORDS]
    return {
        "top": dict(top),
        "vocabulary": len(counts),
        "tokens": counts.total(),
        "texts": len(texts),
        "growth": growth,
        "distinct": {str(n): distinct(first, n) for n in (1, 2, 3)},
        "distinct_tokens": taken,
    }


def distinct(texts: Iterable[Sequence[str]], n: int) -> float | None:
    """Distinct n-grams over all n-grams (Li et al. 2016, https://arxiv.org/abs/1510.03055); None without any."""
    grams = [tuple(words[i : i + n]) for words in texts for i in range(len(words) - n + 1)]
    return round(len(set(grams)) / len(grams), 4) if grams else None


def _originals(view: View) -> Iterator[Record]:
    return (record for record in view.labelled if record.parent_id is None)


def _sample(records: Iterable[Record]) -> list[Record]:
    return nsmallest(_SAMPLE, records, key=lambda record: record.id)  # ids are content hashes: as good as drawn
