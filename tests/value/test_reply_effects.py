"""Effect of data steps, sources, tags and teachers on replies, with a small model made for the test."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest

from pipeline.core.record import Decision
from pipeline.modeling.lm.top_layers import top_layers
from pipeline.modeling.models import Model, Models
from pipeline.runtime.store import read_json
from pipeline.stats.bootstrap import Estimate
from pipeline.value.reply_effects import Effect, _told, _with_undone, measure_replies
from pipeline.value.run import measure
from pipeline.value.variants import Stages
from tests.modeling.conftest import llama_folder  # noqa: F401
from tests.value.dialogue_rows import CHAT, PARAMS, a, dialogue


@pytest.fixture(scope="module")
def model(llama_folder):  # noqa: F811
    return Model(name=str(llama_folder))


def test_a_source_of_bad_replies_is_named_and_no_sound_one(rows, model, monkeypatch):
    import pipeline.value.reply_loss as module

    fast = top_layers(model, module.LAYERS, module.MAX_TOKENS)
    monkeypatch.setattr(fast, "_rate", 5e-3)  # a model of random weights learns nothing at the rate for real ones
    report = measure_replies(Stages(rows, rows, rows, rows), (), CHAT, model, PARAMS, Model(name="tfidf"))
    found = {one["name"]: one for one in report["effects"]}
    assert set(found) == {"good", "other", "bad"}
    assert found["bad"]["verdict"] == "hurt"
    assert found["bad"]["gain"]["high"] < 0
    assert "does harm" in found["bad"]["sentence"]
    assert {found[name]["verdict"] for name in ("good", "other")} <= {"helped", "no_measurable_effect"}
    assert [step["verdict"] for step in report["steps"]] == ["changed_nothing"] * 3
    assert report["test_rows"] == 20


def test_the_stage_writes_effects_of_tags_teachers_and_cleaning_steps(rows, model, tmp_path):
    tagged = [
        replace(row, meta={"topic": ("film", "天气")[n % 2], "page": str(n)}, labels_by=Decision("model:t", 0.9))
        if n % 3
        else row
        for n, row in enumerate(rows)
    ]
    dropped = [("quality", dialogue(n, "gone", None, reply="bad bad bad")) for n in range(8)]
    models = Models(generator=model)
    measure(Stages(tagged, tagged, tagged, tagged), CHAT, models, PARAMS, tmp_path, dropped)
    report = read_json(tmp_path / "report.json")
    kinds = {(one["kind"], one["name"]) for one in report["effects"]}
    assert {
        ("meta_topic", "film"),
        ("meta_topic", "天气"),
        ("teacher", "model:t"),
        ("cleaning_step", "quality"),
    } <= kinds
    assert "meta_page" not in {kind for kind, _ in kinds}
    assert report["applies"] is True
    assert len(report["summary"]) == 3 + len(report["effects"])
    assert read_json(tmp_path / "metrics.json")["applies"] == 1
    with (tmp_path / "value.csv").open(encoding="utf-8") as file:
        assert {row["variant"] for row in csv.DictReader(file)} == {"raw", "cleaned", "decided_labels", "augmented"}


def _effect_of(repeats, rows, model, monkeypatch):
    import pipeline.value.reply_loss as module

    fast = top_layers(model, module.LAYERS, module.MAX_TOKENS)
    monkeypatch.setattr(fast, "_rate", 5e-3)
    stages = Stages(rows, rows, rows, rows, repeats=repeats)
    report = measure_replies(stages, (), CHAT, model, PARAMS, Model(name="tfidf"))
    return [one for one in report["effects"] if one["kind"] == "mixture"]


def test_the_mixture_is_held_against_reading_each_dialogue_once(rows, model, monkeypatch):
    bad = [row.id for row in rows if row.source.name == "bad"]
    [harm] = _effect_of(dict.fromkeys(bad, 8), rows, model, monkeypatch)
    [gain] = _effect_of(dict.fromkeys(bad, 0), rows, model, monkeypatch)
    assert (harm["verdict"], harm["rows"]) == ("hurt", 28 + 8 * len(bad))
    assert harm["gain"]["high"] < 0 < gain["gain"]["low"]
    assert (gain["verdict"], gain["rows"]) == ("helped", 28)
    assert gain["sentence"].startswith("mixture validate.mixture: helps")


def test_both_sides_of_a_mixture_take_equally_many_steps(rows, model, monkeypatch):
    import pipeline.value.reply_loss as module

    steps = []

    class Counting(module.ReplyLoss):
        def draws(self, sequences):
            steps.append([len(one) for one in sequences])
            return super().draws(sequences)

    monkeypatch.setattr("pipeline.value.reply_effects.ReplyLoss", Counting)
    twice = {row.id: 2 for n, row in enumerate(rows) if n % 4 > 1}
    [found] = _effect_of(twice, rows, model, monkeypatch)
    assert steps[-1] == steps[0], "the mixture comes last, what it is held against first"
    assert set(map(tuple, steps)) == {(steps[0][0],) * PARAMS.reply_seeds}
    assert found["gain"]["low"] <= found["gain"]["value"] <= found["gain"]["high"]
    assert found["verdict"] == "no_measurable_effect", (
        "half of the dialogues twice, drawn evenly, is no better and no worse"
    )


def test_a_mixture_is_one_more_trial_of_the_many():
    """Holm: a p of .03 counts by itself, and no longer beside another effect as likely to be chance."""

    def effect(kind, p):
        return Effect(kind, "x", 40, Estimate(0.1, 0.02, 0.2, p))

    alone = _told([effect("mixture", 0.03)], PARAMS)
    beside = _told([effect("source", 0.04), effect("mixture", 0.03)], PARAMS)
    assert [one["verdict"] for one in alone] == ["helped"]
    assert [(one["p"], one["verdict"]) for one in beside] == [(0.06, "no_measurable_effect")] * 2


@pytest.mark.parametrize("times", [1, 0])
def test_a_mixture_that_moves_nothing_or_leaves_nothing_is_not_measured(times, rows, model, monkeypatch):
    assert _effect_of({row.id: times for row in rows}, rows, model, monkeypatch) == []


@pytest.mark.parametrize(("kept", "why"), [(0, "0 train and 20 test replies"), (3, "3 train"), (1, "1 train")])
def test_too_few_replies_are_said_to_tell_nothing(kept, why, rows, model, tmp_path):
    test = [row for row in rows if row.split == "test"]
    few = [*rows[:kept], *test]
    measure(Stages(few, few, few, few), CHAT, Models(generator=model), PARAMS, tmp_path)
    report = read_json(tmp_path / "report.json")
    assert report["applies"] is False
    assert why in report["why"]


def test_what_a_step_dropped_takes_places_of_others_and_edits_their_own():
    dialogues = [a(f"t{n}") for n in range(6)]
    edited = replace(dialogues[2], messages=(("user", "old"), ("assistant", "y")))
    found = _with_undone(dialogues, [edited, a("gone"), a("lost", "fr")], 0)
    assert found[2] == edited
    assert {one.root for one in found} >= {"gone", "lost"}
    assert len(found) == 6
