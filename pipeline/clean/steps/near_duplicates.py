"""Near duplicates: MinHash finds candidates, their true Jaccard similarity decides.

At `drop` or more, with equal labels or one of them missing, only the survivor stays
(duplicate_to_keep.py); the dropped name it and how similar it is. From `review` to `drop` is mostly one
template with other names in it: those records share a `group`, so they share a split, and each group is
listed for review once, as are near-equal texts whose labels contradict each other. Reasons: near_duplicate.

Where a record has several texts (`TaskType.compared_texts`: a question and its context), each must be so similar: many
questions on one long context are no copies. They still share a group.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field, model_validator

from pipeline.clean.duplicate_to_keep import rank
from pipeline.clean.groups import Pair, close_pairs, joined_groups
from pipeline.clean.similar_records import similar_pairs, similarity_of_parts
from pipeline.clean.step import Context, ReviewItem, given, with_strings
from pipeline.core.record import Record, as_json
from pipeline.core.settings import Settings
from pipeline.runtime.stage import Drop, Outcome, drop_rows
from pipeline.stats.histogram import NOTES, Histogram, histogram
from pipeline.tasks import task_type
from pipeline.text.normalise import normalised


class NearDuplicates(Settings):
    """Section `clean.near_duplicates`. Similarity is the Jaccard index of character n-gram sets, 0 to 1."""

    # `drop`: strict on purpose, precision 1.000 in benchmarks/near_duplicates.py.
    drop: float = Field(default=0.9, gt=0, le=1)  # at least so similar: one survives
    # `review`: chosen with benchmarks/review_band.py.
    review: float = Field(default=0.6, gt=0, le=1)  # at least so similar: one group, one split, listed for review
    # `bands`: with 4 `rows`: .99 of the pairs at .6.
    bands: int = Field(default=32, ge=1)  # more find more pairs near `review`, and cost time
    # `max_group_share` is a guess: not measured.
    max_group_share: float = Field(default=0.05, gt=0, le=1)  # of a source; a larger group is divided, and told
    # `rows`: see `bands`.
    rows: int = Field(default=4, ge=1)  # permutations a band; a pair meets with chance 1 - (1 - s**rows)**bands
    sources: tuple[str, ...] = ()  # source names, preferred first, where nothing better tells members apart

    @model_validator(mode="after")
    def _band_is_below(self) -> NearDuplicates:
        if self.review > self.drop:
            raise ValueError(f"review ({self.review}) is above drop ({self.drop}); lower it")
        return self


def drop_near_duplicates(table: pa.Table, settings: NearDuplicates, context: Context) -> Outcome:
    """Drop near copies, set `group`. Notes: pairs, clusters with sizes, 20 examples of each kind."""
    own = table.column("group").to_pylist()
    found = similar_pairs(table, settings, context)
    records = context.records(table, np.unique(found.pairs).tolist())
    alike = similarity_of_parts(records, found, context)
    pairs = [
        Pair(a, b, s, least)
        for (a, b), s, least in zip(found.pairs.tolist(), found.similarity.tolist(), alike.tolist(), strict=True)
    ]
    texts = {n: context.main_text(record) for n, record in records.items()}
    drops = copies(records, texts, pairs, settings.drop, settings.sources, context)
    sources = pc.struct_field(table.column("source"), "name").to_pylist()
    thresholds = (settings.review, settings.drop)
    close, large = close_pairs(own, sources, texts, pairs, thresholds, settings.max_group_share)
    groups = joined_groups(own, texts, close)
    stay = [p for p in close if p.alike >= settings.review and p.a not in drops and p.b not in drops]
    templates = _ask(records, stay, groups, settings, context)
    notes = {
        "pairs": len(pairs),
        NOTES: similarity_histogram(pairs, settings.review, settings.drop),
        "boilerplate": found.notes,
        "large_groups": large,
        **_copy_notes(records, texts, drops),
        **_template_notes(templates, texts),
    }
    return drop_rows(with_strings(table, "group", groups), "near_duplicates", drops, notes=notes)


def similarity_histogram(pairs: Sequence[Pair], review: float, drop: float) -> dict[str, Histogram]:
    """Of the pairs that were compared, by how alike they are; both thresholds drawn."""
    found = histogram([pair.alike for pair in pairs], {"review": review, "drop": drop})
    return {"similarity": found} if found else {}


def copies(
    records: Mapping[int, Record],
    texts: Mapping[int, str],
    pairs: Sequence[Pair],
    least: float,
    sources: Sequence[str],
    context: Context,
    reason: str = "near_duplicate",
) -> dict[int, Drop]:
    """From the best record down: one that is a copy (at `least` so alike) of a record already kept goes.

    Texts that differ in nothing but numbers and signs (C, C++; 5 days, 6 days) are no copies, however alike.
    """
    letters = {n: _letters(text) for n, text in texts.items()}
    beside: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for pair in pairs:
        if pair.alike < least or _differ_in_numbers(letters[pair.a], letters[pair.b]):
            continue
        if _may_merge(records[pair.a], records[pair.b], context):
            beside[pair.a][pair.b] = beside[pair.b][pair.a] = pair.alike
    ranks = {n: rank(records[n], texts[n], sources) for n in beside}
    drops: dict[int, Drop] = {}
    kept: set[int] = set()
    for n in sorted(beside, key=lambda n: ranks[n]):
        best = min((m for m in beside[n] if m in kept), key=lambda m: ranks[m], default=None)
        if best is None or records[n].source.role == "benchmark":
            kept.add(n)
        else:
            drops[n] = Drop(reason, f"similarity {beside[n][best]:.3f}", records[best].id)
    return drops


def _letters(text: str) -> tuple[str, str]:
    """The letters of a text as it is compared, and all of it without white space."""
    plain = "".join(normalised(text).split())
    return "".join(filter(str.isalpha, plain)), plain


def _differ_in_numbers(a: tuple[str, str], b: tuple[str, str]) -> bool:
    """Whether two texts, as `_letters` gives them, have the same letters and nothing but those in common."""
    return a[0] == b[0] and a[1] != b[1]


def _may_merge(a: Record, b: Record, context: Context) -> bool:
    says = task_type(context.task).says
    return a.target is None or b.target is None or says(a) == says(b)


def _contradict(a: Record, b: Record, context: Context) -> bool:
    targets = [a.target, b.target]
    return not _may_merge(a, b, context) and task_type(context.task).agree(targets, context.task) is None


def _ask(
    records: Mapping[int, Record],
    pairs: Sequence[Pair],
    groups: Sequence[str | None],
    settings: NearDuplicates,
    context: Context,
) -> dict[str, dict[int, float]]:
    """Doubts about pairs that stay; returns group -> row -> its greatest similarity to another member."""
    templates: defaultdict[str, dict[int, float]] = defaultdict(dict)
    for pair in pairs:
        a, b = records[pair.a], records[pair.b]
        if pair.alike >= settings.drop and _contradict(a, b, context):
            for one, other in ((a, b), (b, a)):
                item = ReviewItem(one.id, "near_duplicate_other_label", given(one), given(other), pair.alike)
                context.review_items.append(item)
        for n in (pair.a, pair.b):
            members = templates[str(groups[n])]
            members[n] = max(pair.alike, members.get(n, 0.0))
    for group, members in sorted(templates.items()):
        best = min(members, key=lambda n: (-members[n], records[n].id))
        labels = len({given(records[n]) for n in members} - {as_json(None)})
        detail = f"{len(members)} records of one template; labels among them: {labels}"
        one = records[best]
        context.review_items.append(
            ReviewItem(one.id, "template_cluster", given(one), None, members[best], group, detail)
        )
    return templates


def _copy_notes(records: Mapping[int, Record], texts: Mapping[int, str], drops: dict[int, Drop]) -> dict[str, object]:
    by_survivor = Counter(drop.other_id for drop in drops.values())
    survivor = {record.id: texts[n] for n, record in records.items() if record.id in by_survivor}
    largest = sorted(by_survivor.items(), key=lambda item: (-item[1], str(item[0])))[:20]
    sizes = Counter(count + 1 for count in by_survivor.values())
    return {
        "clusters": len(by_survivor),
        "sizes": {str(size): sizes[size] for size in sorted(sizes)},
        "largest": [{"survivor": id, "size": n + 1, "text": survivor[str(id)][:200]} for id, n in largest],
    }


def _template_notes(templates: dict[str, dict[int, float]], texts: Mapping[int, str]) -> dict[str, object]:
    largest = sorted(templates.items(), key=lambda item: (-len(item[1]), item[0]))[:20]
    sizes: NDArray[np.int64] = np.array([len(members) for members in templates.values()], np.int64)
    return {
        "template_clusters": len(templates),
        "template_records": int(sizes.sum()),
        "templates": [
            {"group": group, "size": len(members), "texts": sorted(texts[n][:160] for n in members)[:3]}
            for group, members in largest
        ],
    }
