"""The same training records in the state that each data step left them in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import chain

from pipeline.core.record import Record, share
from pipeline.core.settings import Task
from pipeline.tasks import task_type

#: Sources of these roles are never training data.
_NOT_FOR_TRAINING = ("test", "benchmark")


@dataclass(frozen=True, order=True)
class Example:
    """One training example. `root` is the collected record it comes from: variants are paired by it."""

    root: str
    text: str
    label: str


@dataclass(frozen=True)
class Stages:
    """The records as four stages left them, and which record each one dropped by `clean` was dropped for.

    `repeats`: train record -> how often the mixture reads it in an epoch, of those that it does not read once.
    """

    collect: Sequence[Record]
    clean: Sequence[Record]
    label: Sequence[Record]
    augment: Sequence[Record]
    dropped_for: Mapping[str, str] = field(default_factory=dict)
    repeats: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Variants:
    """Training data by variant, in the order of the steps; the test rows; and the leaks kept out of `raw`."""

    train: dict[str, list[Example]]
    test: list[Example]
    leaks: list[Example]
    source_of: Mapping[str, str] = field(default_factory=dict)  # root -> the name of its source


def build(stages: Stages, task: Task, max_rows: int) -> Variants:
    """`raw` -> `cleaned` -> `decided_labels` -> `augmented`, cut to the same `max_rows` source records.

    raw: collected texts with the label they came with (of several votes, one drawn by id: what a single
    annotator would have given). cleaned: the texts and rows `clean` left, still with the first label.
    decided_labels: the labels after label fixes, votes, people and pre-labels. augmented: with the new records.

    The test split and the dev split stay out of every variant. So do copies of test rows in `raw` (equal text,
    or dropped by `clean` for a test row): with them `raw` would be paid for memory. They are returned as `leaks`.
    """
    test = _examples(_of_split(stages.augment, "test"), task)
    held_out = {record.id for record in (*stages.augment, *stages.clean) if record.split in ("test", "dev")}
    collected = _raw(stages.collect, task)
    given = {example.root: example.label for example in collected}
    collected = _without(collected, held_out)
    leaking = _leaks(collected, test, stages.dropped_for)
    train = {
        "raw": _without(collected, leaking),
        "cleaned": _cleaned(stages.clean, given, task),
        "decided_labels": _examples(_of_split(stages.label, "train"), task),
        "augmented": _examples(_of_split(stages.augment, "train"), task),
    }
    roots = {example.root for example in chain.from_iterable(train.values())}
    chosen = set(sorted(roots, key=lambda root: share("value", root))[:max_rows])
    leaks = sorted(_only(collected, leaking), key=lambda e: share("value", e.root))
    return Variants(
        train={name: sorted(_only(examples, chosen)) for name, examples in train.items()},
        test=test,
        leaks=sorted(leaks[: round(len(leaking) * len(chosen) / max(len(roots), 1))]),
        source_of={record.id: record.source.name for record in (*stages.augment, *stages.collect)},
    )


def _only(examples: Iterable[Example], roots: Set[str]) -> list[Example]:
    return [example for example in examples if example.root in roots]


def _without(examples: Iterable[Example], roots: Set[str]) -> list[Example]:
    return [example for example in examples if example.root not in roots]


def random_control(before: Sequence[Example], after: Sequence[Example], name: str) -> list[Example]:
    """The control of a step: as many rows as it left and the same changes of labels, but of records drawn at random.

    Rows are removed, or repeated where the step added some; then each change of a label (from one class to another)
    happens to a random record of that class, so that class sizes end alike. Edits of texts have no control.
    """
    rows = resized(before, len(after), name)
    waiting: defaultdict[str, list[int]] = defaultdict(list)
    for n in sorted(range(len(rows)), key=lambda n: share("control label", name, rows[n].root, str(n))):
        waiting[rows[n].label].append(n)
    for (old, new), count in sorted(label_moves(before, after).items()):
        for _ in range(min(count, len(waiting[old]))):
            n = waiting[old].pop()
            rows[n] = replace(rows[n], label=new)
    return sorted(rows)


def label_moves(before: Sequence[Example], after: Sequence[Example]) -> Counter[tuple[str, str]]:
    """How many source records went from one label to another."""
    first = {example.root: example.label for example in before}
    second = {example.root: example.label for example in reversed(after)}
    pairs = ((first[root], label) for root, label in second.items() if root in first)
    return Counter((old, new) for old, new in pairs if old != new)


def resized(examples: Sequence[Example], rows: int, name: str) -> list[Example]:
    """The examples with as many removed or repeated at random as make `rows`."""
    order = sorted(range(len(examples)), key=lambda n: share("control", name, examples[n].root, str(n)))
    if rows <= len(examples):
        return sorted(examples[n] for n in order[:rows])
    return sorted([*examples, *(examples[order[n % len(order)]] for n in range(rows - len(examples)))])


def _raw(records: Iterable[Record], task: Task) -> list[Example]:
    usable = [record for record in records if record.source.role not in _NOT_FOR_TRAINING]
    return _examples([_with_first_label(record) for record in usable], task)


def _with_first_label(record: Record) -> Record:
    if record.target is not None or not record.votes:
        return record
    vote = min(record.votes, key=lambda vote: (share("vote", record.id, vote.annotator), vote.annotator))
    return replace(record, target=vote.value)


def _cleaned(records: Sequence[Record], given: Mapping[str, str], task: Task) -> list[Example]:
    kind = task_type(task)
    return [Example(r.id, kind.main_text(r), given[r.id]) for r in _of_split(records, "train") if r.id in given]


def _of_split(records: Iterable[Record], split: str) -> list[Record]:
    return [record for record in records if record.split == split]


def _examples(records: Sequence[Record], task: Task) -> list[Example]:
    kind = task_type(task)
    parents = {record.id: record.parent_id for record in records if record.parent_id}
    found = []
    for record in records:
        label = kind.stratum(record) if record.target is not None else None
        if label is not None:
            found.append(Example(_root(record.id, parents), kind.main_text(record), label))
    return found


def _root(record_id: str, parents: Mapping[str, str]) -> str:
    while record_id in parents:
        record_id = parents[record_id]
    return record_id


def _leaks(collected: Sequence[Example], test: Sequence[Example], dropped_for: Mapping[str, str]) -> set[str]:
    ids = {example.root for example in test}
    texts = {_plain(example.text) for example in test}
    return {e.root for e in collected if _plain(e.text) in texts or last_of(e.root, dropped_for) in ids}


def last_of(record_id: str, dropped_for: Mapping[str, str]) -> str:
    """Where a chain of drops ends: a duplicate of a duplicate of a test row is a copy of the test row."""
    seen = {record_id}
    while record_id in dropped_for and dropped_for[record_id] not in seen:
        record_id = dropped_for[record_id]
        seen.add(record_id)
    return record_id


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
