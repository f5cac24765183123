"""Tags of every record, as `meta`: for slices, mixing, selection and the effect of each tag (`value`)."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Mapping, Sequence

import pyarrow as pa

from pipeline.clean.step import Context
from pipeline.clean.tags.clusters import topics
from pipeline.clean.tags.model import questions, tagged
from pipeline.clean.tags.settings import Tags
from pipeline.llm.dry_run import Planned, dry_run
from pipeline.modeling.features.unsupported_languages import readable_model
from pipeline.modeling.lm.local_engine import name_of, open_model
from pipeline.runtime.stage import Outcome, keep_all
from pipeline.runtime.store import to_contents

_WHERE = "params.yaml: clean.tags.endpoint"


def tag(table: pa.Table, settings: Tags, context: Context) -> Outcome:
    """Set tags in `meta`; a tag that a source's own `meta` has stays as it is. Drops nothing.

    Clusters are found by TF-IDF where the encoder does not read a language.
    Notes: how many records have each value (the 20 most frequent of a tag), and what the model cost.
    """
    texts = [context.main_text(record) for record in to_contents(table)]
    notes: Mapping[str, object] = {}
    if settings.by == "model":
        engine = open_model(settings.endpoint, context.models, _WHERE)
        if settings.dry_run:
            plan = {name_of(settings.endpoint, context.models): Planned(engine, questions(texts, settings))}
            return keep_all(table, notes=dry_run("clean.tags.dry_run", plan))
        found, notes = tagged(texts, engine, settings)
    else:
        langs = table.column("lang").to_pylist()
        encoder, notes = readable_model(texts, langs, context.models.encoder)
        names = topics(texts, encoder, settings.clusters, settings.seed)
        found = [{"topic": name} if name else {} for name in names]
    field = table.schema.field("meta")
    own = [dict(row or ()) for row in table.column("meta").to_pylist()]
    both = [new | old for new, old in zip(found, own, strict=True)]
    column = pa.array([sorted(row.items()) for row in both], field.type)
    names = sorted(set().union(*found))
    notes = {**notes, "values": {name: _most_common(both, name) for name in names}}
    changed = sum(map(operator.ne, both, own))
    tagged_table = table.set_column(table.schema.get_field_index("meta"), field, column)
    return keep_all(tagged_table, changed=changed, notes=notes)


def _most_common(tags: Sequence[Mapping[str, str]], name: str) -> dict[str, int]:
    return dict(Counter(one[name] for one in tags if name in one).most_common(20))
