"""Planted states and the verdict that each of them deserves."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.report.document import build
from pipeline.report.inputs import Inputs, load_inputs
from pipeline.report.params import Params
from pipeline.report.render import LANGUAGES, load_strings, render
from pipeline.report.verdict.checks import CHECKS
from pipeline.report.verdict.finding import STATES
from pipeline.report.verdict.verdict import verdict
from pipeline.runtime.columns import schema
from pipeline.runtime.store import read_json, read_table, to_records, to_table, write_json, write_table
from tests.report.conftest import TASK, make_project, validated

GAP = {"value": 0.2, "low": 0.15, "high": 0.25, "p": 0.0}
CLASSES = {name: {"records": 200, "suspected": 8, "share": None, "mostly": None} for name in TASK.labels}
NOISE = {
    "records": 600,
    "suspected": 24,
    "share": {"value": 0.02, "low": 0.01, "high": 0.03},
    "cannot_tell": "",
    "classes": CLASSES,
}


def edited(data: Path, stage: str, **more: Any) -> None:
    path = data / stage / "report.json"
    write_json({**read_json(path), **more}, path)


def with_step(data: Path, name: str, notes: dict[str, Any]) -> None:
    """Another step of clean, with its notes, in place of the step of that name."""
    steps = [step for step in read_json(data / "clean/report.json")["steps"] if step["step"] != name]
    edited(data, "clean", steps=[*steps, {"step": name, "notes": notes}])


def with_noise(data: Path, **more: Any) -> None:
    with_step(data, "label_errors", {"applies": True, "label_noise": {**NOISE, **more}})


def with_model(data: Path, **gaps: dict[str, float]) -> None:
    found = {name: {"metrics": {}, "model_minus_reference": {"macro_f1": gap}} for name, gap in gaps.items()}
    edited(data, "evaluate", baselines=found)


def check(name: str, passed: bool, severity: str = "error", count: int = 0) -> dict[str, Any]:
    return {"expect": name, "severity": severity, "passed": passed, "title": name, "unexpected": count, "first": []}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that nothing speaks against: 420 records, a good model, few wrong labels, no leak, no drift."""
    data = make_project(tmp_path_factory.mktemp("sound") / "data", 420, hostile=False)
    with_noise(data)
    recall = {"verbatim": {"planted": 100, "value": 0.99, "low": 0.95, "high": 1.0}}
    found = {"found": {}, "items": {"gsm": 100}, "in_test_sources": 0, "false_alarms_per_1000": {"value": 0.0}}
    with_step(data, "decontaminate", {"applies": True, "recall": recall, "examples": [], **found})
    with_model(data, majority=GAP, tfidf_logistic_regression=GAP)
    edited(data, "validate", expectations=[check(n, True) for n in ("unique", "no_leakage", "no_drift")])
    figure = {"value": 0.71, "low": 0.68, "high": 0.74}
    gap = {"value": 0.0, "low": -0.05, "high": 0.05}
    beside = {"metric": "macro_f1", "lower_is_better": False, "test": figure, "dev": figure, "test_minus_dev": gap}
    edited(data, "evaluate", representativeness=beside)
    return data


def random_labels(data: Path) -> Task:
    """As measured on 600 records whose labels were shuffled: the models are right one time in three."""
    classes = {name: {**one, "suspected": 133} for name, one in CLASSES.items()}
    with_noise(data, suspected=399, share=None, cannot_tell="models contradict too often", classes=classes)
    return TASK


def leak(data: Path) -> Task:
    edited(data, "validate", expectations=[check("no_leakage", False, "warn", 7)])
    return TASK


def one_record(data: Path) -> Task:
    return _kept(data, lambda n, record: record if n == 0 else None)


def empty_dev(data: Path) -> Task:
    return _kept(data, lambda n, record: replace(record, split="train") if record.split == "dev" else record)


def class_without_test_rows(data: Path) -> Task:
    return _kept(data, lambda n, record: None if (record.split, record.target) == ("test", "neutral") else record)


def drifted(data: Path) -> Task:
    edited(data, "validate", expectations=[check("no_leakage", True), check("no_drift", False, "warn")])
    return TASK


def below_its_reference(data: Path) -> Task:
    with_model(data, majority=GAP, gazetteer={"value": -0.09, "low": -0.12, "high": -0.05, "p": 0.0})
    return TASK


def unreadable_encoder(data: Path) -> Task:
    with_noise(data)
    with_step(data, "semantic_duplicates", {"unread": {"en": 0.4, "zh": 0.66}, "unread_records": 420})
    return TASK


def noisy_labels(data: Path) -> Task:
    with_noise(data, share={"value": 0.17, "low": 0.14, "high": 0.2})
    return TASK


def one_more_than_majority(data: Path) -> Task:
    with_model(data, majority={"value": 0.0, "low": -0.04, "high": 0.04, "p": 1.0})
    return TASK


def easy_test(data: Path) -> Task:
    report = read_json(data / "evaluate/report.json")["representativeness"]
    gap = {"value": 0.12, "low": 0.08, "high": 0.16}
    edited(data, "evaluate", representativeness={**report, "test_minus_dev": gap})
    return TASK


def _kept(data: Path, change: Callable[..., Any]) -> Task:
    """The final table after `change` of every record, with the books that fit it."""
    records = list(to_records(read_table(data / "augment/records.parquet")))
    kept = [found for n, record in enumerate(records) if (found := change(n, record)) is not None]
    shutil.rmtree(data / "augment/records.parquet")
    table = to_table(kept, schema(TASK))
    validated(data, table, TASK)
    splits = {split: sum(record.split == split for record in kept) for split in ("train", "dev", "test")}
    edited(data, "augment", kept_by={"split": splits})
    return TASK


def inverted_test_labels(data: Path) -> Task:
    """As measured where a test file had two labels turned round: models that learned from train doubt all of them."""

    def scored(record: Record) -> Record:
        return record.derive("label_errors", scores={"label_quality": 0.02 if record.split == "test" else 0.98})

    records = [scored(one) for one in to_records(read_table(data / "clean/records.parquet"))]
    shutil.rmtree(data / "clean/records.parquet", ignore_errors=True)
    write_table(to_table(records, schema(TASK)), data / "clean/records.parquet")
    return TASK


def lost_rows(data: Path) -> Task:
    """A stage whose books do not balance: three rows went without a reason."""
    edited(data, "clean", kept=read_json(data / "clean/report.json")["kept"] - 3)
    return TASK


def one_class_in_train(data: Path) -> Task:
    return _kept(data, lambda n, record: None if record.split == "train" and record.target != "neutral" else record)


def blind_search_for_benchmarks(data: Path) -> Task:
    """As where a benchmark's items are short and reworded: most planted copies of that kind are not found."""
    recall = {"verbatim": {"planted": 100, "value": 0.99, "low": 0.95, "high": 1.0}}
    recall["reworded"] = {"planted": 100, "value": 0.4, "low": 0.31, "high": 0.5}
    found = {"found": {}, "items": {"gsm": 100}, "in_test_sources": 0, "false_alarms_per_1000": {"value": 0.0}}
    with_step(data, "decontaminate", {"applies": True, "recall": recall, "examples": [], **found})
    return TASK


def hardly_any_test(data: Path) -> Task:
    """Six test records: a score on them is uncertain by 40 points."""
    tested = iter(range(1000))
    return _kept(data, lambda n, record: None if record.split == "test" and next(tested) >= 6 else record)


STATES_AND_VERDICTS = [
    (lost_rows, "fail", "unbalanced"),
    (one_class_in_train, "fail", "train_one_class"),
    (blind_search_for_benchmarks, "warn", "contamination"),
    (hardly_any_test, "fail", "test_small"),
    (inverted_test_labels, "fail", "test_labels_suspected"),
    (lambda data: TASK, "pass", None),
    (random_labels, "fail", "unlearnable"),
    (leak, "fail", "leakage"),
    (one_record, "fail", "train_small"),
    (empty_dev, "warn", "dev_empty"),
    (class_without_test_rows, "warn", "test_lacks"),
    (drifted, "warn", "drift"),
    (below_its_reference, "fail", "model_below"),
    (unreadable_encoder, "fail", "encoder_blind"),
    (noisy_labels, "fail", "noise_estimate"),
    (one_more_than_majority, "fail", "model_no_better_than_majority"),
    (easy_test, "warn", "test_easier"),
]


@pytest.mark.parametrize(
    ("plant", "state", "reason"), STATES_AND_VERDICTS, ids=[plant.__name__ for plant, *_ in STATES_AND_VERDICTS]
)
def test_a_planted_state_gets_its_verdict(sound, tmp_path, plant, state, reason):
    data = shutil.copytree(sound, tmp_path / "data")
    task = plant(data)
    found = verdict(load_inputs(data, task, Params()))
    keys = [one["key"] for one in found["because"]]
    assert found["state"] == state, found["checks"]
    if reason:
        assert f"because.{reason}" in keys
        assert found["counts"]["fail" if state == "fail" else "warn"] >= 1


def test_a_model_below_its_reference_stands_in_bold(sound, tmp_path):
    data = shutil.copytree(sound, tmp_path / "data")
    page = render(build(load_inputs(data, below_its_reference(data), Params())))
    assert '<b><span data-t="because.model_below"' in page
    assert "the model is worse than gazetteer: macro F1 −0.090 (−0.120 to −0.050)" in page


def test_a_failed_verdict_without_a_list_to_fix_is_never_told_that_nothing_stands_out(tmp_path):
    few = {"kept": 1, "kept_by": {"split": {"train": 1}}, "steps": []}
    found = build(Inputs(tmp_path, TASK, Params(), {"augment": few, "validate": {"expectations": []}}))
    assert (found["verdict"]["state"], found["fixes"]) == ("fail", [])
    page = render(found)
    assert "note.fix_what_the_verdict_names" in page.split('id="strings"')[0]
    assert "note.nothing_to_fix" not in page.split('id="strings"')[0]


def test_what_was_not_measured_is_counted_apart_from_what_does_not_apply(sound, tmp_path):
    data = shutil.copytree(sound, tmp_path / "data")
    shutil.rmtree(data / "evaluate")
    shutil.rmtree(data / "released")
    with_step(data, "decontaminate", {"applies": False, "why": "no source has `role: benchmark`"})
    found = verdict(load_inputs(data, TASK, Params()))
    states = {one["check"]: one["state"] for one in found["checks"]}
    assert states["model"] == "unmeasured"
    assert states["contamination"] == states["drift"] == "inapplicable"
    assert found["counts"]["inapplicable"] == 2
    assert sum(found["counts"].values()) == len(found["checks"])


def test_a_clause_is_there_for_every_finding_in_both_languages(sound, tmp_path):
    for n, (plant, *_) in enumerate(STATES_AND_VERDICTS):
        data = shutil.copytree(sound, tmp_path / str(n))
        task = plant(data)
        for one in verdict(load_inputs(data, task, Params()))["checks"]:
            assert one["check"] in CHECKS
            assert one["state"] in STATES
            for language in LANGUAGES:
                assert one["key"] in load_strings(language), one["key"]


def test_the_bounds_are_settings(sound, tmp_path):
    data = shutil.copytree(sound, tmp_path / "data")
    noisy_labels(data)
    lenient = Params.model_validate({"verdict": {"wrong_labels_warn": 0.2, "wrong_labels_fail": 0.3}})
    found = verdict(load_inputs(data, TASK, lenient))
    assert found["state"] == "warn"  # the interval begins above half of what warns


def test_a_project_without_labels_is_told_to_label_first_and_the_page_draws_it(tmp_path: Path) -> None:
    first = {"queued": 60, "labelled": 12, "wanted": 50, "unvouched": 3}
    task = Task(type="classification", labels=("billing", "其他"), languages=("en", "zh"))
    inputs = Inputs(tmp_path, task, Params(), {"label": {"notes": {"awaiting_labels": first}}})
    found = verdict(inputs)
    assert found["state"] == "label_first"
    assert [one["key"] for one in found["because"]] == ["because.label_first", "because.labels_so_far"]
    assert "Label these first" in render(build(inputs))
    enough = Inputs(tmp_path, task, Params(), {"label": {"notes": {"awaiting_labels": {**first, "labelled": 55}}}})
    assert [one["key"] for one in verdict(enough)["because"]][-1] == "because.second_answers"
    done = Inputs(tmp_path, task, Params(), {"label": inputs.reports["label"], "validate": {"expectations": []}})
    assert verdict(done)["state"] != "label_first"
