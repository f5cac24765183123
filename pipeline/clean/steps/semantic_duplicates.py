"""Semantic duplicates: texts that say the same in other words, by the cosine of their embeddings.

Not among the default steps: a model decides what is alike, and records that differ in one name or number are alike to
it. List it after `near_duplicates`. At `drop` or more, with equal labels or one of them missing, only the survivor
stays (duplicate_to_keep.py); dropped ones name it and cosine. From `review` to `drop`, and where labels differ, pairs
share a `group`, so they share a split, and the record that is asked about names the other one.
Reasons: semantic_duplicate.

Records in a language that the encoder cannot read are left out (pipeline/clean/unsupported_languages.py).
Every text is compared with every other one, block by block: memory grows with the rows, time with their square
(100,000 rows of 384 numbers: some minutes).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field, model_validator

from pipeline.clean.groups import Pair, joined_groups
from pipeline.clean.step import Context, ReviewItem, given, with_strings
from pipeline.clean.steps.near_duplicates import copies, similarity_histogram
from pipeline.clean.unsupported_languages import read_rows
from pipeline.core.errors import PipelineError
from pipeline.core.settings import Settings
from pipeline.modeling.features.cosine_thresholds import cosines
from pipeline.modeling.features.encoder import embed
from pipeline.modeling.models import Model, has_weights
from pipeline.runtime.stage import Outcome, drop_rows
from pipeline.stats.histogram import NOTES

_ROWS = 2048  # compared with all later ones at once; a guess: not measured


class SemanticDuplicates(Settings):
    """Section `clean.semantic_duplicates`. Similarity is the cosine of mean-pooled embeddings, -1 to 1."""

    # null: what was measured for the encoder (.97 and .93 for MiniLM, .99 and .98 for e5).
    drop: float | None = Field(
        default=None, gt=0, le=1
    )  # at least so similar: one survives. Look at the review list first
    review: float | None = Field(
        default=None, gt=0, le=1
    )  # at least so similar: one group, one split, listed for review
    sources: tuple[str, ...] = ()  # source names, preferred first, where nothing better tells members apart

    @model_validator(mode="after")
    def _band_is_below(self) -> SemanticDuplicates:
        if self.review is not None and self.drop is not None and self.review > self.drop:
            raise ValueError(f"review ({self.review}) is above drop ({self.drop}); lower it")
        return self

    def band(self, model: Model) -> tuple[float, float]:
        """Review and drop, the encoder's own where not set; a review above drop is lowered to it."""
        own = cosines(model)
        drop = own.same if self.drop is None else self.drop
        return min(own.similar if self.review is None else self.review, drop), drop


def drop_semantic_duplicates(table: pa.Table, settings: SemanticDuplicates, context: Context) -> Outcome:
    """Drop records that say the same, set `group`. Notes: pairs, dropped, listed for review.

    Raises PipelineError where the project has no encoder with weights.
    """
    if not has_weights(context.models.encoder):
        raise PipelineError(
            "clean.semantic_duplicates compares embeddings, and models.encoder names no model with weights.",
            "Name an encoder, or take the step out of clean.steps.",
        )
    records = context.records(table)
    texts = {n: context.main_text(record) for n, record in records.items()}
    read, unread = read_rows(list(map(records.__getitem__, range(table.num_rows))), context)
    vectors = embed(list(map(texts.__getitem__, read)), context.models.encoder)
    review, drop = settings.band(context.models.encoder)
    found = [replace(pair, a=read[pair.a], b=read[pair.b]) for pair in similar(vectors, review)]
    pairs = sorted(found, key=lambda pair: (records[pair.a].id, records[pair.b].id))
    drops = copies(records, texts, pairs, drop, settings.sources, context, "semantic_duplicate")
    groups = joined_groups(table.column("group").to_pylist(), texts, pairs)
    stay = [pair for pair in pairs if drops.keys().isdisjoint((pair.a, pair.b))]
    for pair in stay:
        one, other = sorted((records[pair.a], records[pair.b]), key=lambda record: record.id)
        detail = f"like {other.id}, labelled {given(other)}"
        context.review_items.append(
            ReviewItem(one.id, "semantic_duplicate", given(one), None, pair.alike, groups[pair.a], detail)
        )
    notes: dict[str, Any] = {"pairs": len(pairs), "dropped": len(drops), "asked_about": len(stay), **unread}
    notes[NOTES] = similarity_histogram(pairs, review, drop)
    return drop_rows(with_strings(table, "group", groups), "semantic_duplicates", drops, notes=notes)


def similar(vectors: NDArray[np.float32], least: float) -> list[Pair]:
    """All pairs of rows with a cosine of at `least`; `vectors` are L2-normalised."""
    pairs: list[Pair] = []
    for start in range(0, len(vectors), _ROWS):
        block = vectors[start : start + _ROWS]
        for begin in range(start, len(vectors), _ROWS):
            cosines = block @ vectors[begin : begin + _ROWS].T
            for a, b in zip(*np.nonzero(cosines >= least), strict=True):
                if start + a < begin + b:
                    cosine = round(min(float(cosines[a, b]), 1.0), 4)  # beyond that it hangs on the processor
                    pairs.append(Pair(int(start + a), int(begin + b), cosine, cosine))
    return pairs
