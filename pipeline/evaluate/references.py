"""Items with several right answers, such as the references of a translation: one item, held against all of them.

In the dataset each reference is a row beside the others, alike but for the target. A model is asked once for the item,
and its answer counts as the best of the references lets it; rows of one item would else weigh as many items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from pipeline.core.record import Record, Target, as_json
from pipeline.core.settings import Task
from pipeline.tasks import has_free_answers
from pipeline.tasks.texts import target_text


@dataclass(frozen=True, slots=True)
class Item(Record):
    """A record of the dev or test split; `more` holds its further right answers, `target` the first."""

    more: tuple[Target, ...] = ()


def items(records: Sequence[Record], task: Task) -> list[Record]:
    """The records, those of equal input and language as one where answers are free texts; in order of the first.

    Equal answers count once. The item keeps id, source and meta of its first record.
    """
    if not has_free_answers(task):
        return list(records)
    found: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        found.setdefault((record.lang, as_json(record.fields)), []).append(record)
    return [_item(group) if len(group) > 1 else group[0] for group in found.values()]


def references(record: Record) -> list[str]:
    """The texts of all right answers of a record, the first one first."""
    more = record.more if isinstance(record, Item) else ()
    return [target_text(target) for target in (record.target, *more)]


def streams(truths: Sequence[Sequence[str]]) -> list[list[str | None]]:
    """References by their place, as sacrebleu takes them: all first ones, all second ones, None where there is none."""
    most = max(map(len, truths), default=0)
    return [[own[place] if place < len(own) else None for own in truths] for place in range(most)]


def _item(group: Sequence[Record]) -> Record:
    first = group[0]
    targets = {as_json(record.target): record.target for record in group}
    values = {field.name: getattr(first, field.name) for field in fields(Record)}
    return Item(**values, more=tuple(targets.values())[1:])
