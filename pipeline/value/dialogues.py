"""Records whose target is a reply, as the conversations that a language model is trained on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.core.counts import ranked
from pipeline.core.record import META, Record, share, writer_of
from pipeline.core.settings import Task
from pipeline.modeling.lm.prompt_and_reply import asked
from pipeline.tasks.texts import target_text
from pipeline.value.variants import Stages, last_of

#: A `meta` of more values names records (a title, a page), it does not group them. A guess: not measured.
_MOST_VALUES = 8


@dataclass(frozen=True)
class Dialogue:
    """One conversation with its reply. `root` is the collected record it comes from.

    `of` says what groups it is in: kind of group (`source`, `meta_topic`, `teacher`) -> which.
    """

    root: str
    messages: tuple[tuple[str, str], ...]
    lang: str
    of: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def text(self) -> str:
        """All that is said in it."""
        return "\n".join(content for _, content in self.messages)

    def as_messages(self) -> list[dict[str, str]]:
        """The turns as chat templates take them."""
        return [{"role": role, "content": content} for role, content in self.messages]


def dialogue_of(record: Record, task: Task) -> Dialogue:
    """The conversation that a labelled record teaches; texts to translate or summarise follow their instruction."""
    turns = tuple((message.role, message.content) for message in asked(record, task).messages)
    groups = {META + name: value for name, value in record.meta.items()} | {"source": record.source.name}
    writer = writer_of(record)
    if writer:
        groups["teacher"] = writer
    return Dialogue(record.id, (*turns, ("assistant", target_text(record.target))), record.lang, groups)


def drawn(dialogues: Iterable[Dialogue], most: int, what: str) -> list[Dialogue]:
    """At most so many, by a draw of their ids, in the order of the draw."""
    return sorted(dialogues, key=lambda dialogue: (share(what, dialogue.root), dialogue.root, dialogue.messages))[:most]


def train_dialogues(records: Sequence[Record], task: Task) -> list[Dialogue]:
    """The labelled train records; augmented ones have the root of the record they were made from."""
    parents = {record.id: record.parent_id for record in records if record.parent_id}
    found = []
    for record in _labelled(records):
        root = record.id
        while root in parents:
            root = parents[root]
        found.append(replace(dialogue_of(record, task), root=root))
    return found


def dialogues_as_mixed(records: Sequence[Record], task: Task, repeats: Mapping[str, int]) -> list[Dialogue]:
    """The train dialogues, each as often as an epoch reads its record: once, or by `repeats` (record id -> times)."""
    found = []
    for record, dialogue in zip(_labelled(records), train_dialogues(records, task), strict=True):
        found += [dialogue] * repeats.get(record.id, 1)
    return found


def _labelled(records: Iterable[Record]) -> list[Record]:
    return [record for record in records if record.split == "train" and record.target is not None]


def held_out_dialogues(records: Sequence[Record], task: Task) -> list[Dialogue]:
    """The test split."""
    return [dialogue_of(record, task) for record in records if record.split == "test" and record.target is not None]


def groups_of(dialogues: Sequence[Dialogue], at_least: int, most: int) -> list[tuple[str, str, int]]:
    """(kind, which, count) of the groups whose effect can be measured, largest first: neither few nor all dialogues."""
    counts = Counter((kind, which) for dialogue in dialogues for kind, which in dialogue.of.items())
    values = Counter(kind for kind, _ in counts)
    fit = {
        key: count
        for key, count in counts.items()
        if at_least <= count <= len(dialogues) - at_least and values[key[0]] <= _MOST_VALUES
    }
    return [(kind, which, count) for (kind, which), count in ranked(fit)[:most]]


def raw_dialogues(stages: Stages, task: Task) -> list[Dialogue]:
    """What was collected for training, but for rows of the test and dev splits and copies of them."""
    held_out, tested = (
        _held_out(stages),
        {dialogue.messages[:-1] for dialogue in held_out_dialogues(stages.augment, task)},
    )
    rows = [record for record in stages.collect if _may_teach(record, stages.dropped_for, held_out)]
    return [
        dialogue for dialogue in (dialogue_of(record, task) for record in rows) if dialogue.messages[:-1] not in tested
    ]


def steps_undone(stages: Stages, dropped: Sequence[tuple[str, Record]], task: Task) -> dict[str, list[Dialogue]]:
    """Cleaning step -> train dialogues as they would be without it: rows that it dropped, rows before its edits.

    Rows of the test and dev splits and copies of them are no part of it. Later edits of the same field are undone too.
    """
    held_out = _held_out(stages)
    found: dict[str, list[Dialogue]] = {}
    for step, record in dropped:
        if _may_teach(record, stages.dropped_for, held_out):
            found.setdefault(step, []).append(dialogue_of(record, task))
    for record in stages.clean:
        if record.split == "train" and record.target is not None:
            for step, before in _befores(record):
                found.setdefault(step, []).append(dialogue_of(before, task))
    return dict(sorted(found.items()))


def _befores(record: Record) -> Iterator[tuple[str, Record]]:
    """The record without the edits of each step that edited it."""
    for step in {change.step for change in record.history}:
        before = _before(record, step)
        if before is not None:
            yield step, before


def _held_out(stages: Stages) -> set[str]:
    return {record.id for record in (*stages.augment, *stages.clean) if record.split in ("test", "dev")}


def _may_teach(record: Record, dropped_for: Mapping[str, str], held_out: set[str]) -> bool:
    """Whether a record is training data: from no test source, with a reply, and no copy of a held-out record."""
    is_for_training = record.source.role not in ("test", "dev", "benchmark") and record.target is not None
    return is_for_training and record.id not in held_out and last_of(record.id, dropped_for) not in held_out


def _before(record: Record, step: str) -> Record | None:
    """The record as it was before a step edited it; None where the step changed no input and no target."""
    fields, target, is_edited = dict(record.fields), record.target, False
    for change in reversed(record.history):
        if change.step == step and change.field == "target":
            target, is_edited = json.loads(change.before), True
        elif change.step == step and change.field.startswith("fields."):
            fields[change.field.removeprefix("fields.")], is_edited = json.loads(change.before), True
    return replace(record, fields=fields, target=target) if is_edited and target is not None else None
