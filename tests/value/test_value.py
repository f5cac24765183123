import csv
from dataclasses import replace

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.modeling.features import linear
from pipeline.modeling.models import Models
from pipeline.runtime.store import read_json
from pipeline.value import linear_probe
from pipeline.value.run import measure
from pipeline.value.variants import Example, Stages
from pipeline.value.verdict import changes, sentence
from tests.chats import as_record_holds
from tests.unread import english_only

from .conftest import LABELS, make, split_of


def measured(stages, task, models, params, folder):
    measure(stages, task, models, params, folder)
    return read_json(folder / "report.json")


def test_cleaning_that_helps_is_said_to_help(noisy, task, models, params, tmp_path):
    report = measured(noisy, task, models, params, tmp_path)
    cleaned, labels, augmented = report["steps"]
    assert cleaned["verdict"] == "helped"
    assert cleaned["difference"]["low"] > 0
    assert "helped; macro f1" in cleaned["sentence"]
    assert cleaned["control"]["difference"]["low"] > 0, "better than removing as many rows at random"
    assert "Better than removing" in cleaned["sentence"]
    assert labels["changes"]["labels_changed"] > 0
    assert augmented["verdict"] == "changed_nothing"
    assert report["total"]["macro_f1"]["low"] > 0


def test_paired_models_are_fitted_to_the_end(sound, task, models, params, tmp_path, monkeypatch):
    tolerances = []
    monkeypatch.setattr(linear_probe, "fit", lambda *values: tolerances.append(values[4:]) or linear.fit(*values))
    measured(sound, task, models, params, tmp_path)
    assert set(tolerances) == {(linear.THOROUGH,)}, "a quick fit stops where chance has it"


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


@pytest.mark.parametrize("kind", ["chat", "translation", "summarization"])
def test_a_task_with_text_targets_says_why_it_does_not_apply(kind, models, params, tmp_path):
    origin = Source("s", "files", "f", 1, "cc0", "train")
    given = {"messages": [("user", "你好")]} if kind == "chat" else {"text": "你好"}
    fields, target = as_record_holds(given, "hi")
    records = [Record(f"c{n}", fields, origin, target, "zh", split_of(n)) for n in range(20)]
    report = measured(Stages(*[records] * 4), Task(type=kind, target_language="en"), models, params, tmp_path)
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
    report = measured(Stages(*[records] * 4), Task(type=kind), models, params, tmp_path)
    assert report["applies"] is False
    assert "have no class" in report["why"]


def test_one_class_says_why_it_does_not_apply(task, models, params, tmp_path):
    records = [make(n, "food", split_of(n)) for n in range(30)]
    assert "a classifier needs two" in measured(Stages(*[records] * 4), task, models, params, tmp_path)["why"]


def test_two_hundred_classes(models, params, tmp_path):
    labels = tuple(f"类{n:03d}" for n in range(200))
    records = [make(n, labels[n % 200], split_of(n), f"第{n % 200}种 kind{n % 200}") for n in range(600)]
    report = measured(Stages(*[records] * 4), Task(type="classification", labels=labels), models, params, tmp_path)
    assert report["applies"]


def test_an_empty_test_split_is_an_error(task, models, params, tmp_path):
    records = [make(n, split="train") for n in range(9)]
    with pytest.raises(PipelineError, match="the test split is empty"):
        measure(Stages(*[records] * 4), task, models, params, tmp_path)


def test_changes_by_hand():
    before = [Example("1", "a", "x"), Example("2", "b", "x"), Example("3", "c", "y")]
    after = [Example("1", "a", "x"), Example("1", "一", "x"), Example("2", "B", "y"), Example("4", "d", "y")]
    assert changes(before, after) == {"removed": 1, "added": 2, "texts_changed": 1, "labels_changed": 1}


def test_sentence_compares_with_the_control():
    gap = {"value": 0.1, "low": 0.05, "high": 0.15}
    step = {"step": "cleaned", "verdict": "helped", "before": 0.6, "after": 0.7, "difference": gap, "p": 0.001}
    difference = {"value": 0.0, "low": -0.1, "high": 0.1}
    control = {
        "what": "removing 20 rows of 'raw' at random",
        "difference": difference,
        "verdict": "no_measurable_effect",
    }
    assert sentence({**step, "control": control}, "macro_f1") == (
        "cleaned: helped; macro f1 0.600 -> 0.700 (+0.100, interval +0.050 to +0.150, corrected p 0.001). "
        "Not distinguishable from removing 20 rows of 'raw' at random (+0.000, interval -0.100 to +0.100)."
    )
    for verdict, told in (("helped", "Better than removing"), ("hurt", "Worse than removing")):
        assert told in sentence({**step, "control": control | {"verdict": verdict}}, "macro_f1")


def test_an_encoder_that_does_not_read_a_language_is_replaced_and_named(sound, task, params, tmp_path, caplog):
    chinese = [
        replace(r, lang="zh", fields={"text": f"{r.fields['text']} 质量很好，非常满意，推荐购买"}) for r in sound.clean
    ]
    stages = Stages(chinese, chinese, chinese, chinese)
    report = measured(stages, task, Models(encoder=english_only(tmp_path / "encoder")), params, tmp_path)
    assert (report["applies"], report["read_by"]) == (True, "tfidf")
    assert report["unread"]["zh"] > 0.2
    assert "measured with TF-IDF" in caplog.text
