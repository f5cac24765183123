"""What a tag stands for: words, single CJK characters, single signs; and which token speaks for each of them.

Independent of the tokenizer: byte-level ones join Chinese characters to one "word", WordPiece cuts words up. A
unit is spoken for by the token that holds its first character; units that share this token share its tag.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.record import Span
from pipeline.text.scripts import CJK

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import PreTrainedTokenizerBase

    from pipeline.modeling.batches import Example

    Floats = NDArray[np.float64]

_UNIT = re.compile(rf"[{CJK}]|[^\W_{CJK}]+|[^\s]")
OUTSIDE = 0


def units(text: str) -> list[tuple[int, int]]:
    """`[start, end)` of every unit, in code points. Example: 'Hi 你好!' -> [(0, 2), (3, 4), (4, 5), (5, 6)]."""
    return [match.span() for match in _UNIT.finditer(text)]


def speakers(offsets: Sequence[tuple[int, int]], bounds: Sequence[tuple[int, int]]) -> list[int]:
    """For each token the unit it speaks for, or -1. `offsets` are those of one window, (0, 0) for special tokens."""
    spoken = [-1] * len(offsets)
    unit = 0
    for token, (start, end) in enumerate(offsets):
        while unit < len(bounds) and bounds[unit][0] < start:
            unit += 1
        if unit < len(bounds) and start <= bounds[unit][0] < end:
            spoken[token] = unit
            unit += 1
    return spoken


def windows(
    text: str, bounds: Sequence[tuple[int, int]], tokenizer: PreTrainedTokenizerBase, max_length: int, stride: int
) -> list[Example]:
    """The text as one or more token windows; `units` says which unit each token speaks for (-1: none)."""
    room = max_length - tokenizer.num_special_tokens_to_add()
    found = tokenizer(
        text,
        truncation=True,
        max_length=max_length,
        stride=max(0, min(stride, room // 2)),
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    return [
        {"input_ids": ids, "units": speakers(offsets, bounds)}
        for ids, offsets in zip(found["input_ids"], found["offset_mapping"], strict=True)
    ]


def one_token_a_character(tokenizer: PreTrainedTokenizerBase) -> PreTrainedTokenizerBase:
    """The tokenizer, made to cut between CJK characters where its own pieces (SentencePiece's unigrams) join them.

    Else most characters would have no token of their own to speak for them. WordPiece cuts there by itself.
    """
    from tokenizers import Regex, models, pre_tokenizers

    backend = tokenizer.backend_tokenizer
    if isinstance(backend.model, models.Unigram) and backend.pre_tokenizer is not None:
        marks = pre_tokenizers.Split(Regex(f"▁(?=[{CJK}])"), "removed")  # a space's mark speaks for no character
        characters = pre_tokenizers.Split(Regex(f"[{CJK}]"), "isolated")
        backend.pre_tokenizer = pre_tokenizers.Sequence([backend.pre_tokenizer, marks, characters])
    return tokenizer


def tag_names(labels: Sequence[str]) -> list[str]:
    """O, then B- and I- of every label: the order of the classes."""
    return ["O", *(f"{part}-{label}" for label in labels for part in "BI")]


def to_tags(spans: Sequence[Span], bounds: Sequence[tuple[int, int]], labels: Sequence[str]) -> list[int]:
    """One class a unit. A span that begins or ends inside a unit covers it whole.

    Of overlapping spans the first counts.
    """
    tags = [OUTSIDE] * len(bounds)
    for span in sorted(spans, key=lambda span: (span["start"], span["end"])):
        inside = [n for n, (start, end) in enumerate(bounds) if start < span["end"] and end > span["start"]]
        begin = 1 + 2 * labels.index(span["label"])
        if all(tags[n] == OUTSIDE for n in inside):
            for k, n in enumerate(inside):
                tags[n] = begin + (k > 0)
    return tags


def to_spans(tags: Sequence[int], bounds: Sequence[tuple[int, int]], labels: Sequence[str]) -> list[tuple[Span, range]]:
    """Spans with the units each covers; an I- that continues nothing begins a span."""
    found: list[tuple[Span, range]] = []
    begun: int | None = None
    for n, tag in enumerate([*tags, OUTSIDE]):
        if begun is not None and tag != tags[begun] + tags[begun] % 2:
            label = labels[(tags[begun] - 1) // 2]
            found.append(({"start": bounds[begun][0], "end": bounds[n - 1][1], "label": label}, range(begun, n)))
            begun = None
        if begun is None and tag != OUTSIDE:
            begun = n
    return found


def best_tags(log_probabilities: Floats, transitions: Floats | None = None) -> list[int]:
    """The likeliest sequence of classes in which every I- continues a span of its label (Viterbi).

    `transitions` (from, to) are added between neighbours, where a CRF has learned them.
    """
    length, classes = log_probabilities.shape
    if not length:
        return []
    allowed = np.zeros((classes, classes)) if transitions is None else transitions.copy()  # from, to
    for inside in range(2, classes, 2):
        kept = allowed[[inside - 1, inside], inside]
        allowed[:, inside] = -np.inf
        allowed[[inside - 1, inside], inside] = kept
    score = log_probabilities[0].copy()
    score[2::2] = -np.inf
    back = np.zeros((length, classes), np.int64)
    for n in range(1, length):
        paths = score[:, None] + allowed
        back[n] = paths.argmax(axis=0)
        score = paths.max(axis=0) + log_probabilities[n]
    tags = [int(score.argmax())]
    for n in range(length - 1, 0, -1):
        tags.append(int(back[n, tags[-1]]))
    return tags[::-1]
