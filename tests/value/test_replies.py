"""Effect of data steps, sources, tags and teachers on replies, with a small model made for the test."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest

from pipeline.core.record import Change, Decision, Record, Source, as_json
from pipeline.core.settings import Task
from pipeline.modeling.models import Model, Models
from pipeline.runtime.store import read_json
from pipeline.value.params import Params
from pipeline.value.reply_effects import _with_undone, measure_replies
from pipeline.value.reply_loss import sequences, without
from pipeline.value.run import measure
from pipeline.value.talks import Talk, groups_of, raw_talks, steps_undone, train_talks
from pipeline.value.variants import Stages
from tests.modeling.conftest import llama_folder  # noqa: F401

CHAT = Task(type="chat", languages=("en", "zh"))
PARAMS = Params(reply_seeds=2, reply_passes=2, max_reply_rows=40, max_held_out_replies=20, resamples=200)
REPLIES = {"en": "thank you", "zh": "非常满意"}


def talk(n, source="good", split="train", reply=None, **more):
    lang = ("en", "zh")[n % 2]
    words = [("what a day", "a good film", "this is slow"), ("质量很好", "非常满意", "质量很好")][n % 2]
    asked = [{"role": "user", "content": f"{words[n % 3]} {words[n // 3 % 3]} {source}{' day' * (split == 'test')}"}]
    return Record(
        f"{source}{split}{n:03}", {"messages": asked}, Source(source, "files", "f", n, "cc0", "train"),
        reply or REPLIES[lang], lang, split, **more,
    )  # fmt: skip


@pytest.fixture
def rows():
    """Two sound sources and one whose replies say nothing, and held-out replies of the sound ones."""
    good = [talk(n, source) for source in ("good", "other") for n in range(14)]
    bad = [talk(n, "bad", reply="bad slow film bad slow film bad 质量") for n in range(12)]
    return [*good, *bad, *(talk(n, "good", "test") for n in range(20))]


@pytest.fixture(scope="module")
def model(llama_folder):  # noqa: F811
    return Model(name=str(llama_folder))


def test_a_source_of_bad_replies_is_named_and_no_sound_one(rows, model, monkeypatch):
    import pipeline.value.reply_loss as module

    fast = module.top_layers(model, module.LAYERS, module.MAX_TOKENS)
    monkeypatch.setattr(fast, "_rate", 5e-3)  # a model of random weights learns nothing at the rate for real ones
    report = measure_replies(Stages(rows, rows, rows, rows), (), CHAT, model, PARAMS)
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
    dropped = [("quality", talk(n, "gone", None, reply="bad bad bad")) for n in range(8)]
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


@pytest.mark.parametrize(("kept", "why"), [(0, "0 train and 20 test replies"), (3, "3 train"), (1, "1 train")])
def test_too_few_replies_are_said_to_tell_nothing(kept, why, rows, model, tmp_path):
    test = [row for row in rows if row.split == "test"]
    few = [*rows[:kept], *test]
    measure(Stages(few, few, few, few), CHAT, Models(generator=model), PARAMS, tmp_path)
    report = read_json(tmp_path / "report.json")
    assert report["applies"] is False
    assert why in report["why"]


def test_variants_leave_out_what_is_held_out_and_its_copies(rows):
    copy = talk(3, "good", None)
    collected = [replace(row, split=None) for row in rows] + [replace(copy, id="copy")]
    stages = Stages(collected, rows, rows, rows, {"copy": "goodtest003"})
    assert {one.root for one in raw_talks(stages, CHAT)} & {row.id for row in rows if row.split == "test"} == set()
    assert "copy" not in {one.root for one in raw_talks(stages, CHAT)}
    child = rows[0].child("augment.x", rows[0].fields, "thank you slow")
    assert [one.root for one in train_talks([rows[0], child], CHAT)] == [rows[0].id] * 2


def test_an_edit_is_undone_for_its_step_alone():
    change = Change("pii", "target", as_json("thank you anna"), as_json("thank you"))
    other = Change("splits", "group", as_json(None), as_json("g"))
    row = replace(talk(0), history=(change, other))
    found = steps_undone(Stages([], [row], [row], [row]), [("quality", talk(2, split=None))], CHAT)
    assert found["pii"][0].messages[-1] == ("assistant", "thank you anna")
    assert set(found) == {"pii", "quality"}


def a(root, lang="en", **of):
    return Talk(root, (("user", root), ("assistant", "x")), lang, of)


def test_both_variants_have_the_same_others_at_the_same_places():
    talks = [a(f"t{n}", ("en", "zh")[n % 2], source="ab"[n // 4 % 2]) for n in range(12)]
    (base,) = sequences(talks, 24, PARAMS.model_copy(update={"reply_seeds": 1}))
    left = without(base, lambda t: t.of["source"] == "a", [t for t in talks if t.of["source"] == "b"], 0)
    assert len(left) == len(base) == 24
    for one, other in zip(base, left, strict=True):
        assert one == other if one.of["source"] == "b" else other.of["source"] == "b"
        assert one.lang == other.lang
    taken = [o.root for one, o in zip(base, left, strict=True) if one.of["source"] == "a" and one.lang == "en"]
    assert max(map(taken.count, taken)) - min(map(taken.count, taken)) <= 1, "none is drawn twice before all are once"


def test_what_a_step_dropped_takes_places_of_others_and_edits_their_own():
    talks = [a(f"t{n}") for n in range(6)]
    edited = replace(talks[2], messages=(("user", "old"), ("assistant", "y")))
    found = _with_undone(talks, [edited, a("gone"), a("lost", "fr")], 0)
    assert found[2] == edited
    assert {one.root for one in found} >= {"gone", "lost"}
    assert len(found) == 6


def test_groups_that_are_nearly_all_or_few_or_single_values_are_no_groups():
    talks = [a(f"t{n}", source="ab"[n > 6], meta_topic="x", meta_rare="yz"[n == 0]) for n in range(20)]
    assert groups_of(talks, 5, 8) == [("source", "b", 13), ("source", "a", 7)]
    assert groups_of(talks, 5, 1) == [("source", "b", 13)]
