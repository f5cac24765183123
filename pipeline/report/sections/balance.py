"""How classes, languages, sources and lengths are spread over the splits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.core.record import Record
from pipeline.report.blocks import Block, bars, missing, note, table
from pipeline.report.figures import choosable, named
from pipeline.report.inputs import Inputs
from pipeline.report.sections.shift import shift
from pipeline.tasks import TaskType

_SPLITS = ("train", "dev", "test", "unlabelled", "benchmark")
_LEARNED = ("train", "dev", "test")
_QUANTILES = (5, 25, 50, 75, 95, 100)  # a guess: not measured


def _in_order(splits: Collection[str]) -> list[str]:
    """The usual ones first."""
    return [*(s for s in _SPLITS if s in splits), *sorted(set(splits) - set(_SPLITS))]


def balance(inputs: Inputs) -> list[Block]:
    """Shares per split of class, language and source; how far test is from train; quantiles of length in characters."""
    seen = _Seen()
    for record in inputs.final():
        seen.add(record, inputs.kind)
    lengths = seen.lengths
    if not lengths:
        return [missing("augment")]
    splits = _in_order(lengths)
    rows = [[split, len(lengths[split]), *_quantiles(lengths[split])] for split in splits]
    columns = {"split": "code", "records": "num", **{f"p{q}": "num" for q in _QUANTILES}}
    blocks = [bars(name, splits, spread) for name, spread in seen.spread.items() if spread]
    classes = _class_table({**{name: {} for name in choosable(inputs)}, **seen.spread["class"]}, splits)
    told = [*classes, *shift(inputs, seen.spread), *_length_chart(inputs)]
    return [*blocks, *told, table("lengths", columns, rows), _schema(seen.columns)]


def _by_split() -> dict[str, Counter[str]]:
    return defaultdict(Counter)


@dataclass
class _Seen:
    """What is counted in one pass over the records."""

    spread: dict[str, dict[str, Counter[str]]] = field(
        default_factory=lambda: {name: _by_split() for name in ("class", "lang", "source")}
    )
    lengths: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    columns: dict[str, Counter[str]] = field(default_factory=_by_split)

    def add(self, record: Record, kind: TaskType) -> None:
        """Count one record under its class (where it has one), language and source, its length and its fields."""
        split = record.split or "(none)"
        stratum = kind.stratum(record)
        if stratum:
            self.spread["class"][stratum][split] += 1
        self.spread["lang"][record.lang or "(none)"][split] += 1
        self.spread["source"][record.source.name][split] += 1
        self.lengths[split].append(len(kind.main_text(record)))
        _note(self.columns, {**record.fields, "target": record.target, "lang": record.lang})


def _note(columns: dict[str, Counter[str]], values: Mapping[str, object]) -> None:
    for name, value in values.items():
        empty = value is None or (isinstance(value, str) and not value.strip())
        columns[name].update(["missing" if empty else _kind(value)])


def _kind(value: object) -> str:
    return {str: "text", list: "list", bool: "truth", int: "number", float: "number"}.get(type(value), "other")


def _schema(columns: Mapping[str, Counter[str]]) -> Block:
    """What each field of the finished records holds, and how often it is missing or blank."""
    rows = []
    for name, kinds in columns.items():
        total, gone = kinds.total(), kinds["missing"]
        held = ", ".join(sorted(kind for kind in kinds if kind != "missing")) or "–"
        rows.append([name, held, total - gone, gone, gone / total])
    return table(
        "schema", {"field": "code", "kind": "short", "records": "num", "missing": "num", "missing_share": "pct"}, rows
    )


def _bins(edges: Sequence[int], counts: Mapping[str, Sequence[int]]) -> dict[str, dict[str, int]]:
    """Bin -> split -> records."""
    names = [*(f"≤ {edge:,}" for edge in edges), f"> {edges[-1]:,}"]
    return {name: {split: counts[split][n] for split in counts} for n, name in enumerate(names)}


def _length_chart(inputs: Inputs) -> list[Block]:
    """Records by length of the main text, one bar a bin, split by split; the profile names the bins."""
    found = inputs.profile.get("lengths", {})
    edges, counts = found.get("edges", []), found.get("counts", {})
    if not edges:
        return []
    splits = [split for split in _SPLITS if any(counts.get(split, ()))]
    every = _bins(edges, {split: counts[split] for split in splits})
    rows = {name: row for name, row in every.items() if any(row.values())}
    return [bars("length", splits, rows, ordered=True)] if rows else []


def _class_table(classes: Mapping[str, Mapping[str, int]], splits: list[str]) -> list[Block]:
    if not classes:
        return []
    columns = {"class": "label", **dict.fromkeys(splits, "num")}
    lacking = {split: sorted(name for name in classes if not classes[name].get(split)) for split in _LEARNED}
    notes = [
        note("no_rows_of", "bad" if split == "train" else "warn", split=split, n=len(names), names=named(names, 10))
        for split, names in lacking.items()
        if names and split in splits
    ]
    order = sorted(classes, key=lambda name: (-sum(classes[name].get(split, 0) for split in splits), name))
    rows = [[name, *(classes[name].get(split, 0) for split in splits)] for name in order]
    return [*notes, table("classes", columns, rows)]


def _quantiles(values: list[int]) -> list[int]:
    ordered = sorted(values)
    return [ordered[min(len(ordered) - 1, len(ordered) * q // 100)] for q in _QUANTILES]
