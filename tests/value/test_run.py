"""The stage on records of a whole run in miniature."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.runtime.store import read_json
from pipeline.value.run import measure
from pipeline.value.variants import Stages
from tests.chats import as_record_holds
from tests.value.measured import measured

from .conftest import LABELS, make, split_of


def test_cleaning_that_helps_is_said_to_help(noisy, task, models, params, tmp_path):
    report = measured(noisy, task, models, params, tmp_path)
    cleaned, labels, augmented = report["steps"]
    assert cleaned["verdict"] == "helped"
    assert cleaned["difference"]["low"] > 0
    assert "helped; macro F1" in cleaned["sentence"]
    assert cleaned["control"]["difference"]["low"] > 0, "better than removing as many rows at random"
    assert "Better than removing" in cleaned["sentence"]
    assert labels["changes"]["labels_changed"] > 0
    assert augmented["verdict"] == "changed_nothing"
    assert report["total"]["macro_f1"]["low"] > 0


def test_steps_that_do_nothing_are_said_to_do_nothing(sound, task, models, params, tmp_path):
    report = measured(sound, task, models, params, tmp_path)
    assert [step["verdict"] for step in report["steps"]] == ["changed_nothing"] * 3
    assert all("changed nothing" in line for line in report["summary"])
    assert report["total"]["accuracy"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert report["leaks"] == {"rows": 0}


def test_a_change_without_effect_is_not_called_help(sound, task, models, params, tmp_path):
    # every text gains a word that says nothing about the class
    edited = [r.derive("clean", fields={"text": r.fields["text"] + " ok"}) for r in sound.clean]
    report = measured(replace(sound, clean=edited, label=edited, augment=edited), task, models, params, tmp_path)
    cleaned = report["steps"][0]
    assert cleaned["changes"]["texts_changed"] == report["variants"]["raw"]["rows"]
    assert cleaned["verdict"] == "no_measurable_effect"
    assert "did no harm we can measure, and no gain we can be sure of" in cleaned["sentence"]


def test_a_step_that_spoils_labels_is_said_to_hurt(sound, task, models, params, tmp_path):
    spoiled = [
        r.derive("label", target=LABELS[(LABELS.index(r.target) + 1) % 3]) if n % 9 < 5 and r.split == "train" else r
        for n, r in enumerate(sound.label)
    ]
    report = measured(replace(sound, label=spoiled, augment=spoiled), task, models, params, tmp_path)
    assert [step["verdict"] for step in report["steps"]] == ["changed_nothing", "hurt", "changed_nothing"]


def test_leaks_are_shown_to_flatter_raw(noisy, task, models, params, tmp_path):
    # texts without a class word: only memory of the test rows can answer them
    riddles = [make(n, LABELS[n * 7 % 3], "test", f"riddle{n} puzzle{n} enigma{n}") for n in range(2000, 2100)]
    copies = [make(n + 5000, r.target, None, r.fields["text"]) for n, r in enumerate(riddles)]
    train = [r for r in noisy.clean if r.split == "train"]
    stages = Stages([*noisy.collect, *copies], train, train, [*train, *riddles])
    report = measured(stages, task, models, params, tmp_path)
    assert report["leaks"]["rows"] > 0
    assert report["leaks"]["flatters_raw_by"]["accuracy"]["low"] > 0


def test_files_agree_and_repeat_to_the_byte(noisy, task, models, params, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        measure(noisy, task, models, params, tmp_path / name)
    for name in ("report.json", "metrics.json", "value.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    report, metrics = read_json(tmp_path / "a/report.json"), read_json(tmp_path / "a/metrics.json")
    assert metrics["cleaned_gain"] == report["steps"][0]["difference"]["value"]
    with (tmp_path / "a/value.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    raw = next(line for line in lines if (line["variant"], line["metric"]) == ("raw", "macro_f1"))
    assert float(raw["value"]) == report["variants"]["raw"]["metrics"]["macro_f1"]["value"]
    assert {line["kind"] for line in lines} == {"variant", "control"}


def always(records: list[Record]) -> Stages:
    """The same records after every stage."""
    return Stages(records, records, records, records)


@pytest.mark.parametrize("kind", ["chat", "translation", "summarization"])
def test_a_task_with_text_targets_says_why_it_does_not_apply(kind, models, params, tmp_path):
    origin = Source("s", "files", "f", 1, "cc0", "train")
    given = {"messages": [("user", "你好")]} if kind == "chat" else {"text": "你好"}
    fields, target = as_record_holds(given, "hi")
    records = [Record(f"c{n}", fields, origin, target, "zh", split_of(n)) for n in range(20)]
    report = measured(always(records), Task(type=kind, target_language="en"), models, params, tmp_path)
    assert report["applies"] is False
    assert "have no class" in report["why"]
    assert read_json(tmp_path / "metrics.json") == {"applies": 0}
    assert (tmp_path / "value.csv").read_text("utf-8").startswith("variant,kind,rows,metric")


@pytest.mark.parametrize(
    ("kind", "fields", "target"),
    [
        ("ner", {"text": "北京"}, [{"start": 0, "end": 2, "label": "place"}]),
        ("qa", {"context": "北京", "question": "?"}, [{"start": 0, "text": "北京"}]),
        ("regression", {"text": "北京", "text_pair": None}, 1.5),
    ],
)
def test_targets_that_are_no_class_say_why_it_does_not_apply(kind, fields, target, models, params, tmp_path):
    origin = Source("s", "files", "f", 1, "cc0", "train")
    targets = [target, [] if kind == "qa" else target]  # whether a question has an answer is no class to train on
    records = [Record(f"c{n}", fields, origin, targets[n % 2], "zh", split_of(n)) for n in range(20)]
    report = measured(always(records), Task(type=kind), models, params, tmp_path)
    assert report["applies"] is False
    assert "have no class" in report["why"]


def test_one_class_says_why_it_does_not_apply(task, models, params, tmp_path):
    records = [make(n, "food", split_of(n)) for n in range(30)]
    assert "a classifier needs two" in measured(always(records), task, models, params, tmp_path)["why"]


def test_two_hundred_classes(models, params, tmp_path):
    labels = tuple(f"类{n:03d}" for n in range(200))
    records = [make(n, labels[n % 200], split_of(n), f"第{n % 200}种 kind{n % 200}") for n in range(600)]
    report = measured(always(records), Task(type="classification", labels=labels), models, params, tmp_path)
    assert report["applies"]


def test_an_empty_test_split_is_an_error(task, models, params, tmp_path):
    records = [make(n, split="train") for n in range(9)]
    with pytest.raises(PipelineError, match="the test split is empty"):
        measure(always(records), task, models, params, tmp_path)
