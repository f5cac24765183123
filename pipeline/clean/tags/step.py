"""Tags of every record, as `meta`: for slices, mixing, selection and the effect of each tag (`value`)."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Mapping, Sequence

import pyarrow as pa

from pipeline.clean.may_be_sent import rows_to_send, sent_and_kept
from pipeline.clean.step import Context
from pipeline.clean.tags.clusters import topics
from pipeline.clean.tags.model import questions, tagged
from pipeline.clean.tags.settings import Tags
from pipeline.core.json_types import JsonObject
from pipeline.llm.dry_run import Planned, dry_run
from pipeline.modeling.features.unsupported_languages import readable_model
from pipeline.modeling.lm.local_engine import name_of, open_model
from pipeline.runtime.parts import take_rows
from pipeline.runtime.stage import Outcome, keep_all
from pipeline.runtime.store import to_contents

#: Tag -> value of one record.
Tagged = dict[str, str]
_WHERE = "params.yaml: clean.tags.endpoint"


def tag(table: pa.Table, settings: Tags, context: Context) -> Outcome:
    """Set tags in `meta`; a tag that a source's own `meta` has stays as it is. Drops nothing.

    Clusters are found by TF-IDF where the encoder does not read a language. A service is sent records of the splits
    `send` alone; a model on this machine sees all.
    Notes: how many records have each value (the 20 most frequent of a tag), what the model cost, and of how many
    records of each split the text was `sent` or `kept_here`.
    """
    if settings.by == "model":
        found, notes = _by_model(table, settings, context)
    else:
        found, notes = _by_clusters(table, settings, context)
    if found is None:
        return keep_all(table, notes=notes)
    field = table.schema.field("meta")
    own = [dict(row or ()) for row in table.column("meta").to_pylist()]
    both = [new | old for new, old in zip(found, own, strict=True)]
    column = pa.array([sorted(row.items()) for row in both], field.type)
    names = sorted(set().union(*found))
    notes = {**notes, "values": {name: _most_common(both, name) for name in names}}
    changed = sum(map(operator.ne, both, own))
    tagged_table = table.set_column(table.schema.get_field_index("meta"), field, column)
    return keep_all(tagged_table, changed=changed, notes=notes)


def _by_clusters(table: pa.Table, settings: Tags, context: Context) -> tuple[list[Tagged], Mapping[str, object]]:
    texts = [context.main_text(record) for record in to_contents(table)]
    encoder, notes = readable_model(texts, table.column("lang").to_pylist(), context.models.encoder)
    names = topics(texts, encoder, settings.clusters, settings.seed)
    return [{"topic": name} if name else {} for name in names], notes


def _by_model(table: pa.Table, settings: Tags, context: Context) -> tuple[list[Tagged] | None, Mapping[str, object]]:
    """The tags of every row, none in a dry run; and the notes of whose texts leave and what it cost."""
    rows, notes = _shown(table, settings)
    texts = [context.main_text(record) for record in to_contents(take_rows(table, rows))]
    engine = open_model(settings.endpoint, context.models, _WHERE)
    if settings.dry_run:
        plan = {name_of(settings.endpoint, context.models): Planned(engine, questions(texts, settings))}
        return None, dry_run("clean.tags.dry_run", plan)
    some, spent = tagged(texts, engine, settings)
    by_row = dict(zip(rows, some, strict=True))
    return [by_row.get(n, {}) for n in range(table.num_rows)], {**notes, **spent}


def _shown(table: pa.Table, settings: Tags) -> tuple[Sequence[int], JsonObject]:
    """The rows that the model reads, and the note of whose texts leave for it."""
    if settings.endpoint is None:
        return range(table.num_rows), {}
    rows = rows_to_send(table, settings.send, "tags")
    return rows, sent_and_kept(table, rows)


def _most_common(tags: Sequence[Mapping[str, str]], name: str) -> dict[str, int]:
    return dict(Counter(one[name] for one in tags if name in one).most_common(20))
