"""Checks on the splits: enough records to learn from and to evaluate on, none in both, test like the data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import pyarrow.compute as pc

from pipeline.report.figures import expectations, named, percent, step_notes
from pipeline.report.inputs import Inputs
from pipeline.report.verdict.finding import Finding, State

#: Train records below which nothing can be learned. A guess: not measured.
_LEAST_TRAIN = 20
#: By how many points a score on so few test records is uncertain: above the first, it says nothing; the second warns.
#: Guesses: not measured.
_BLIND, _COARSE = 0.3, 0.1
#: Test records of a class below which its own score says little. A guess: not measured.
_PER_CLASS = 10
_NAMED = 3  # a guess: not measured


def _sizes(inputs: Inputs) -> Mapping[str, int]:
    """Records by split after the last stage that passed records on."""
    for stage in ("augment", "label", "clean"):
        found: Mapping[str, int] = inputs.report(stage).get("kept_by", {}).get("split", {})
        if found:
            return found
    return {}


def train_size(inputs: Inputs) -> Iterator[Finding]:
    """Fails where there is nothing to learn from: hardly a record, or one class."""
    sizes = _sizes(inputs)
    if not sizes:
        yield Finding("train_size", "unmeasured", "train_unknown", {}, "balance")
        return
    n = sizes.get("train", 0)
    train = (inputs.profile.get("classes") or {}).get("train", {})
    if n < _LEAST_TRAIN:
        yield Finding("train_size", "fail", "train_small", {"n": n}, "balance")
    elif len(inputs.task.labels) > 1 and len([name for name in train if train[name]]) == 1:
        yield Finding("train_size", "fail", "train_one_class", {"name": f"“{next(iter(train))}”"}, "balance")
    else:
        yield Finding("train_size", "pass", "train_enough", {"n": n}, "balance")


def half_width(rows: int) -> float:
    """Half the 95 % interval of a share of one half on so many rows, at most 1."""
    return min(1.0, 0.98 / math.sqrt(rows)) if rows else 1.0


def test_size(inputs: Inputs) -> Iterator[Finding]:
    """Fails without test records, or with so few that a score says nothing; warns where it is coarse."""
    sizes = _sizes(inputs)
    if not sizes:
        return
    n = sizes.get("test", 0)
    args = {"n": n, "points": f"{100 * half_width(n):.0f}"}
    if not n:
        yield Finding("test_size", "fail", "test_empty", {}, "balance")
    elif half_width(n) > _BLIND:
        yield Finding("test_size", "fail", "test_small", args, "balance")
    elif half_width(n) > _COARSE:
        yield Finding("test_size", "warn", "test_small", args, "balance")
    else:
        yield Finding("test_size", "pass", "test_enough", args, "balance")


def test_classes(inputs: Inputs) -> Iterator[Finding]:
    """Warns of classes with no or hardly any test records: nothing is known of them. Fails where most have none."""
    counts: Mapping[str, Mapping[str, int]] = inputs.profile.get("classes") or {}
    declared = inputs.task.labels
    if not declared:
        yield Finding("test_classes", "inapplicable", "no_classes", {}, "balance")
        return
    if not counts or not _sizes(inputs).get("test"):
        return
    test = counts.get("test", {})
    lacking = [*_lacking("test_lacks", test, declared), *_lacking("train_lacks", counts.get("train", {}), declared)]
    yield from lacking
    few = [name for name in declared if 0 < test.get(name, 0) < _PER_CLASS]
    if few and not any(finding.key == "test_lacks" for finding in lacking):
        args = {"n": len(few), "names": named(few), "least": _PER_CLASS}
        yield Finding("test_classes", "warn", "test_few_of_class", args, "balance")
    if not (lacking or few):
        yield Finding("test_classes", "pass", "test_has_all", {}, "balance")


def _lacking(key: str, counts: Mapping[str, int], declared: Sequence[str]) -> Iterator[Finding]:
    """Classes that a split has no record of."""
    names = [name for name in declared if not counts.get(name)]
    if names:
        state: State = "fail" if len(names) * 2 > len(declared) else "warn"
        yield Finding("test_classes", state, key, {"n": len(names), "names": named(names)}, "balance")


def dev_size(inputs: Inputs) -> Iterator[Finding]:
    """Warns without dev records: nothing to choose a model or a threshold by but the test split itself."""
    sizes = _sizes(inputs)
    if sizes:
        n = sizes.get("dev", 0)
        yield Finding("dev_size", "pass" if n else "warn", "dev_there" if n else "dev_empty", {"n": n}, "balance")


def leakage(inputs: Inputs) -> Iterator[Finding]:
    """Fails where test or dev texts stand in train, whatever the expectation's severity."""
    check = next((one for one in expectations(inputs) if one["name"] == "no_leakage"), None)
    if check is None:
        if inputs.report("validate"):
            yield Finding("leakage", "unmeasured", "leakage_not_in_suite", {}, "expectations")
    elif check["ok"]:
        yield Finding("leakage", "pass", "leakage_none", {}, "expectations")
    else:
        yield Finding("leakage", "fail", "leakage", {"n": check["count"] or 0}, "expectations")


def contamination(inputs: Inputs) -> Iterator[Finding]:
    """Warns where planted copies of benchmark items are found too rarely for 'none left' to mean much."""
    notes = step_notes(inputs, "clean", "decontaminate")
    if notes is None:
        if inputs.report("clean"):
            yield Finding("contamination", "unmeasured", "contamination_off", {}, "contamination")
        return
    recall = {kind: _value(one) for kind, one in (notes.get("recall") or {}).items()}
    if not notes.get("applies", True):
        yield Finding("contamination", "inapplicable", "contamination_no_benchmark", {}, "contamination")
    elif not recall:
        yield Finding("contamination", "unmeasured", "contamination_unmeasured", {}, "contamination")
    else:
        worst = min(recall, key=lambda kind: recall[kind])
        args = {"share": percent(recall[worst]), "kind": worst}
        state: State = "pass" if recall[worst] >= inputs.params.verdict.contamination_recall else "warn"
        yield Finding("contamination", state, "contamination", args, "contamination")


def _value(one: object) -> float:
    found = one.get("value", one.get("recall", 0.0)) if isinstance(one, Mapping) else one
    return float(found) if isinstance(found, int | float) else 0.0


def representative(inputs: Inputs) -> Iterator[Finding]:
    """Warns where the test split is easier than the data: labels that sources vouch for are the clear ones.

    The estimate is the model's score on dev, drawn from all labelled records, beside that on test.
    """
    trusted = _trusted(inputs)
    found = inputs.find("evaluate", "representativeness") or {}
    gap = found.get("test_minus_dev")
    if not gap:
        if trusted and trusted["test"] - trusted["dev"] > 0.1:
            args = {name: percent(share) for name, share in trusted.items()}
            yield Finding("representative", "warn", "test_trusted_only", args, "model")
        elif _sizes(inputs).get("test"):
            yield Finding("representative", "unmeasured", "representative_unmeasured", {}, "model")
        return
    figures = {
        "metric": found["metric"],
        "test": f"{found['test']['value']:.3f}",
        "dev": f"{found['dev']['value']:.3f}",
    }
    easier = -gap["high"] if found.get("lower_is_better") else gap["low"]
    if easier > 0:
        key = "test_easier_trusted" if trusted and trusted["test"] - trusted["dev"] > 0.1 else "test_easier"
        yield Finding("representative", "warn", key, {**figures, **_ends(gap)}, "model")
    else:
        yield Finding("representative", "pass", "test_alike", figures, "model")


def _ends(gap: Mapping[str, float]) -> dict[str, str]:
    low, high = sorted(abs(gap[name]) for name in ("low", "high"))
    return {"low": f"{low:.3f}", "high": f"{high:.3f}"}


def _trusted(inputs: Inputs) -> dict[str, float]:
    """Share of records, in test and in dev, whose source vouches for the label; empty where none does."""
    table = inputs.table("augment/records.parquet", ["split", "source"])
    if table is None or not table.num_rows:
        return {}
    trusted = pc.struct_field(table.column("source"), "trusted")
    found = {}
    for split in ("test", "dev"):
        mine = trusted.filter(pc.equal(table.column("split"), split))
        found[split] = (pc.sum(mine).as_py() or 0) / len(mine) if len(mine) else 0.0
    return found if found["test"] else {}
