"""Four functions on plain lists: near duplicates, copies of a benchmark, label errors, and what a model reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.clean.contamination.index import build_index
from pipeline.core.errors import PipelineError
from pipeline.core.json_types import Json
from pipeline.modeling.models import Model
from sft.steps import step

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True)
class Duplicate:
    """Rows `first` and `second` (from 0) are near duplicates: their character 5-grams' Jaccard similarity."""

    first: int
    second: int
    similarity: float


@dataclass(frozen=True)
class Copy:
    """Text `text` (from 0) holds the share `share` of benchmark item `item`."""

    text: int
    item: int
    share: float


@dataclass(frozen=True)
class Suspect:
    """Row `row` (from 0) may have a wrong label; `confidence` is how sure the model is of the `suggested` one."""

    row: int
    given: str
    suggested: str | None
    confidence: float


def near_duplicates(texts: Sequence[str], at_least: float = 0.9) -> list[Duplicate]:
    """Pairs of texts that are at least so similar, most similar first.

    Candidates by MinHash, so a pair right at the threshold may be missed; what is said is the true similarity.

    >>> near_duplicates(["how do I reset my password now?", "a stranger", "how do I reset my password now!"], 0.8)
    [Duplicate(first=0, second=2, similarity=1.0)]
    """
    import numpy as np
    import pyarrow as pa

    from pipeline.text.minhash import candidates, signatures
    from pipeline.text.normalise import normalised
    from pipeline.text.similarity import jaccard

    if not 0 < at_least <= 1:
        raise PipelineError(f"sft.near_duplicates: at_least is {at_least}.", "Give a share between 0 and 1.")
    plain = [normalised(text) for text in texts]
    pairs = candidates(signatures(plain, 128), np.arange(len(plain)), 32, max(0.0, at_least - 0.15))
    scores = jaccard(pa.array(plain, pa.large_string()), pairs)
    found = [
        Duplicate(min(a, b), max(a, b), round(float(s), 4)) for (a, b), s in zip(pairs.tolist(), scores, strict=True)
    ]
    return sorted(
        (one for one in found if one.similarity >= at_least), key=lambda d: (-d.similarity, d.first, d.second)
    )


def contaminated(texts: Sequence[str], benchmark: Sequence[str], at_least: float = 0.5) -> list[Copy]:
    """Which texts hold items of a benchmark, wholly or at least a share of their word 5-grams (Chinese: 8 characters).

    The share is of the item, so a copy inside a long text counts as one that stands alone.

    >>> item = "A train leaves at nine and travels sixty miles an hour. When is it in Bath?"
    >>> contaminated(["Please solve. " + item + " Think.", "Nothing of it."], [item])
    [Copy(text=0, item=0, share=1.0)]
    """
    hits = build_index([[item] for item in benchmark]).hits(list(texts), at_least)
    return [Copy(hit.text, hit.item, round(float(hit.share), 4)) for hit in hits]


def label_errors(texts: Sequence[str], labels: Sequence[str], encoder: Model | None = None) -> list[Suspect]:
    """Labels that models which never saw the row find doubtful, the most doubtful first.

    As the step `label_errors` finds them; from 50 rows on. Without an encoder, TF-IDF of character n-grams.
    """
    if len(texts) != len(labels):
        raise PipelineError(f"sft.label_errors: {len(texts)} texts, {len(labels)} labels.", "Give one label a text.")
    task = {"type": "classification", "labels": sorted(set(labels)), "languages": ["en"]}
    rows = [{"text": text, "label": label} for text, label in zip(texts, labels, strict=True)]
    settings = {"review_share": 1.0, "autofix_precision": 1.0, "set_aside": 0.0}
    result = step("label_errors", rows, task=task, target="label", settings=settings, encoder=encoder)
    found = [
        Suspect(
            row, labels[row], None if doubt.suggested is None else json.loads(doubt.suggested), doubt.confidence or 0.0
        )
        for row, doubt in result.review
        if doubt.reason == "label_error"
    ]
    return sorted(found, key=lambda one: (-one.confidence, one.row))


def render(
    messages: Sequence[Mapping[str, Json]],
    model: str | Path | PreTrainedTokenizerBase,
    tools: Sequence[Mapping[str, Json]] = (),
    marks: tuple[str, str] = ("⟦", "⟧"),
) -> str:
    """A conversation as a model's chat template writes it, what is learned between `marks`; one part a view.

    `model` is a tokenizer, or the folder or hub name of a model. Replies that cannot be learned are named with why.
    """
    from transformers import AutoTokenizer

    from pipeline.commands.render import page
    from pipeline.modeling.lm.chat_settings import ChatSettings
    from pipeline.modeling.lm.chat_template import ChatTemplate
    from pipeline.modeling.lm.encoding import Encoder
    from pipeline.modeling.lm.rows import of_row

    tokenizer = AutoTokenizer.from_pretrained(model) if isinstance(model, str | Path) else model
    row: dict[str, Json] = {"messages": [dict(message) for message in messages]}
    if tools:
        row["tools"] = [dict(tool) for tool in tools]
    (learned,) = Encoder(ChatTemplate(tokenizer, ChatSettings())).encode([of_row(row)])
    return "\n".join(page(learned, tokenizer, marks))
