"""Checks on the labels: how many are wrong, and whether they have anything to do with the texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.report.figures import percent, step_notes
from pipeline.report.inputs import Inputs
from pipeline.report.verdict.finding import Finding, State
from pipeline.stats.intervals import wilson

#: The score of a record that says how likely its label is for models that did not see it (clean, `label_errors`).
_QUALITY = "label_quality"
#: Share of unlikely test labels, its interval's low end, from which a score on them says nothing; the second warns.
#: Guesses: not measured.
_MOST, _MANY = 0.5, 1 / 3
#: Test records below which a share of them is not told. A guess: not measured.
_FEWEST_IN_TEST = 10
#: Scored records below which nothing is said of whether labels can be learned. A guess: not measured.
_FEWEST = 50


def noise_share(inputs: Inputs) -> tuple[Mapping[str, float] | None, str]:
    """The share of wrong labels with its interval, and where it is from: people's audit before the models' estimate."""
    audited = (inputs.find("label", "audit") or {}).get("share")
    if audited:
        return audited, "audit"
    estimate = inputs.find("clean", "label_noise") or {}
    return estimate.get("share") or None, "estimate"


def label_noise(inputs: Inputs) -> Iterator[Finding]:
    """Fails where even the low end of the interval is above the limit, warns where the figure may be."""
    share, origin = noise_share(inputs)
    bounds = inputs.params.verdict
    if share is None:
        yield _unknown_noise(inputs)
        return
    args = {name: percent(share[name]) for name in ("value", "low", "high")}
    if share["low"] >= bounds.wrong_labels_fail or share["value"] >= 2 * bounds.wrong_labels_fail:
        state: State = "fail"
    elif share["value"] >= bounds.wrong_labels_warn or share["low"] >= bounds.wrong_labels_warn / 2:
        state = "warn"
    else:
        state = "pass"
    yield Finding("label_noise", state, f"noise_{origin}", args, "label_errors")


def _unknown_noise(inputs: Inputs) -> Finding:
    notes = step_notes(inputs, "clean", "label_errors") or {}
    if notes.get("applies") is False:
        why = str(notes.get("why") or "")
        return Finding("label_noise", "inapplicable", "noise_none", {"why": inputs.cut(why)}, "label_errors")
    if (written := _by_teachers(inputs))["n"]:
        return Finding("label_noise", "unmeasured", "noise_of_teachers", written, "label_errors")
    return _unmeasured_noise(inputs)


def _unmeasured_noise(inputs: Inputs) -> Finding:
    why = str((inputs.find("clean", "label_noise") or {}).get("cannot_tell") or "")
    if not why:
        return Finding("label_noise", "unmeasured", "noise_not_looked_for", {}, "label_errors")
    return Finding("label_noise", "unmeasured", "noise_cannot_tell", {"why": inputs.cut(why)}, "label_errors")


def _by_teachers(inputs: Inputs) -> dict[str, int]:
    """How many answers of the dataset teachers wrote (`n`), of how many there are (`of`)."""
    taught = inputs.find("label", "answers") or {}
    decided: Mapping[str, int] = inputs.report("validate").get("dataset", {}).get("label_by") or {}
    written = sum(decided.get(f"model:{name}", 0) for name in taught.get("teachers") or ())
    return {"n": written, "of": sum(decided.values())}


def learnable(inputs: Inputs) -> Iterator[Finding]:
    """Fails where models that never saw a record guess its label no better than the most frequent one would.

    So it is with labels drawn at random, with labels of another column, and with texts that an encoder cannot read.
    Where one class has most of the records this proves little, and only warns.
    """
    found = inputs.find("clean", "label_noise") or {}
    classes: Mapping[str, Any] = found.get("classes") or {}
    total, suspected = found.get("records") or 0, found.get("suspected") or 0
    if len(classes) < 2 or total < _FEWEST:
        return
    largest = max(one["records"] for one in classes.values()) / total
    low, _ = wilson(total - suspected, total)
    args = {"right": percent(1 - suspected / total), "largest": percent(largest)}
    if low > largest:
        yield Finding("learnable", "pass", "learnable", args, "label_errors")
    elif largest > 0.7:
        yield Finding("learnable", "warn", "unlearnable", args, "label_errors")
    else:
        yield Finding("learnable", "fail", "unlearnable", args, "label_errors")


def test_labels(inputs: Inputs) -> Iterator[Finding]:
    """Fails where models that learned from the other records find most labels of the test split unlikely.

    So it is with a test file whose labels follow another scheme, or are turned round: a score on it says nothing,
    however good the data are. It warns from a third; both only where it is twice the share in the other splits, since
    labels that nothing can be learned from are told of by `learnable`.
    """
    records = inputs.table("clean/records.parquet", ["split", "scores"])
    if records is None or not records.num_rows:
        return
    quality = pc.map_lookup(records["scores"], pa.scalar(_QUALITY), "first")
    is_test, is_known = pc.equal(records["split"], "test"), pc.is_valid(quality)
    tested, rest = (quality.filter(pc.and_(is_known, one)) for one in (is_test, pc.invert(is_test)))
    if len(tested) < _FEWEST_IN_TEST or not len(rest):
        return
    suspected, elsewhere = (pc.sum(pc.less(one, 0.5)).as_py() or 0 for one in (tested, rest))
    low, _ = wilson(suspected, len(tested))
    args = {"n": suspected, "of": len(tested), "share": percent(suspected / len(tested))}
    if low > max(_MANY, 2 * elsewhere / len(rest)):
        yield Finding("test_labels", "fail" if low > _MOST else "warn", "test_labels_suspected", args, "label_errors")
    else:
        yield Finding("test_labels", "pass", "test_labels_likely", args, "label_errors")
