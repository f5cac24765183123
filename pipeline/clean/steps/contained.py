"""Containment: records whose text stands, wholly or nearly, in the longer text of another one.

Neither is a near duplicate of the other (they differ in length), yet a model that learned the longer text has seen
the shorter one. Both get one `group`, hence one split, and the shorter one is listed for review (`contained`); with
`found: drop` it goes where nothing is lost with it: its label is the same, or missing. What much of a source shares
does not count, nor do records that share their prompt or context, which are never in two splits. In tasks whose records
have several texts (a prompt and its reply, a question and its context) the prompt or context is looked for by itself
too. Records of test and benchmark sources always stay. Reasons: contained.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from pipeline.clean.groups import Pair, close_pairs, joined_groups
from pipeline.clean.similar_records import TextOf, distinctive_texts
from pipeline.clean.step import Context, ReviewItem, given, with_strings
from pipeline.core.record import Record
from pipeline.core.settings import Settings
from pipeline.runtime.stage import Drop, Outcome, drop_rows
from pipeline.tasks import task_type
from pipeline.text.containment import containment, proposed, sampled
from pipeline.text.normalise import normalised, text_key
from pipeline.text.passages import Grams, grams, longest_passage

_PASSAGE = 200  # a guess: not measured


class Contained(Settings):
    """Section `clean.contained`."""

    # `share` is a guess: not measured.
    share: float = Field(default=0.9, gt=0, le=1)  # of the shorter text's n-grams that stand in the longer one
    found: Literal["review", "drop"] = "review"  # drop: the shorter record goes where its label is the same
    max_group_share: float = Field(default=0.05, gt=0, le=1)  # as in near_duplicates; a guess: not measured


def find_contained(table: pa.Table, settings: Contained, context: Context) -> Outcome:
    """Join, list or drop what stands in a longer text. Notes: pairs, records found, 20 examples."""
    found = _pairs(table, settings, context)
    records = context.records(table, sorted({n for pair in found for n in (pair.a, pair.b)}))
    pairs = _of_other_units(found, records, context)
    texts = {n: context.main_text(record) for n, record in records.items()}
    own = table.column("group").to_pylist()
    sources = pc.struct_field(table.column("source"), "name").to_pylist()
    close, large = close_pairs(own, sources, texts, pairs, (settings.share, 1.0), settings.max_group_share)
    groups = joined_groups(own, texts, close)
    drops: dict[int, Drop] = {}
    longest = _longest_by_shorter(pairs, texts)
    for n, pair in sorted(longest.items()):
        other = pair.b if n == pair.a else pair.a
        detail = f"{pair.similarity:.0%} stands in {records[other].id}: {_passage(texts[n], texts[other])}"
        may_go = other not in drops and _may_go(records[n], records[other], context)
        if settings.found == "drop" and may_go:
            drops[n] = Drop("contained", detail, records[other].id)
        else:
            item = ReviewItem(records[n].id, "contained", given(records[n]), None, pair.similarity, groups[n], detail)
            context.review_items.append(item)
    notes = {"pairs": len(pairs), "contained": len(longest), "large_groups": large}
    notes |= {"examples": [{"record": records[n].id, "text": texts[n][:_PASSAGE]} for n in sorted(longest)[:20]]}
    return drop_rows(with_strings(table, "group", groups), "contained", drops, notes=notes)


def _of_other_units(pairs: Iterable[Pair], records: Mapping[int, Record], context: Context) -> list[Pair]:
    """Without pairs of records that the step for equal texts compares."""
    units = {n: text_key(task_type(context.task).unit(record)) for n, record in records.items()}
    return [pair for pair in pairs if units[pair.a] != units[pair.b]]


def _pairs(table: pa.Table, settings: Contained, context: Context) -> list[Pair]:
    """Pairs of records of which one holds the other's whole text, or its prompt or context; each pair once."""
    kind = task_type(context.task)
    found = {(pair.a, pair.b): pair for pair in _pairs_by(table, "main_text", settings, context)}
    some = context.records(table, list(range(min(table.num_rows, 1))))
    if any(len(kind.compared_texts(record)) > 1 for record in some.values()):
        for pair in _pairs_by(table, "unit", settings, context):
            known = found.get((pair.a, pair.b))
            if known is None or known.similarity < pair.similarity:
                found[pair.a, pair.b] = pair
    return [found[key] for key in sorted(found)]


def _pairs_by(table: pa.Table, of: TextOf, settings: Contained, context: Context) -> list[Pair]:
    texts = distinctive_texts(table, context, of)
    parts: list[Grams] = []
    start = 0
    for part, rows in context.engine.map(partial(_sampled, total=table.num_rows), pa.table({"text": texts})):
        parts.append(Grams(part.hashes, part.owner + start, part.unit))
        start += rows
    hashes, owner = (np.concatenate([getattr(part, name) for part in parts]) for name in ("hashes", "owner"))
    found = proposed(hashes, owner, table.num_rows, settings.share)
    shares = containment(texts, found)
    close = shares >= settings.share
    return [Pair(a, b, s, s) for (a, b), s in zip(found[close].tolist(), shares[close].tolist(), strict=True)]


def _sampled(part: pa.Table, total: int) -> tuple[Grams, int]:
    return sampled(part.column("text").to_pylist(), total)[0], part.num_rows


def _longest_by_shorter(pairs: list[Pair], texts: Mapping[int, str]) -> dict[int, Pair]:
    """For each shorter record the pair with the record of which it shares most."""
    found: dict[int, Pair] = {}
    for pair in pairs:
        shorter = min((pair.a, pair.b), key=lambda n: (len(texts[n]), texts[n], n))
        if shorter not in found or pair.similarity > found[shorter].similarity:
            found[shorter] = pair
    return found


def _may_go(shorter: Record, longer: Record, context: Context) -> bool:
    says = task_type(context.task).says
    held = shorter.source.role in ("test", "benchmark") or longer.source.role == "benchmark"
    return not held and (shorter.target is None or (longer.target is not None and says(shorter) == says(longer)))


def _passage(shorter: str, longer: str) -> str:
    return longest_passage(longer, grams([normalised(shorter)]).hashes)[:_PASSAGE]
