"""Two versions side by side: drift, the frozen test split, release on purpose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.commands.release import release
from pipeline.core.errors import PipelineError
from pipeline.runtime.dataset_versions import gap, shift
from pipeline.runtime.store import read_json
from tests.validate.conftest import review, sound_reviews

SUITE = [{"expect": "no_drift", "severity": "warn", "vocabulary": 0.05}, {"expect": "test_frozen"}]


def findings(project, out="data/validate"):
    return {one["expect"]: one for one in read_json(project.root / out / "report.json")["expectations"]}


@pytest.fixture
def released(project):
    """A project whose version is released."""
    project.write(sound_reviews(), SUITE).validate()
    release(project.root / "data")
    return project


def test_without_a_released_version_both_hold_and_say_so(project):
    project.write(sound_reviews(), SUITE).validate()
    assert all(one["passed"] and "no version is released" in one["observed"] for one in findings(project).values())
    assert read_json(Path("data/validate/report.json"))["changes"] is None


def test_the_same_version_does_not_drift(released):
    released.validate()
    found = findings(released)
    assert found["no_drift"]["observed"].startswith("labels 0.000, languages 0.000")
    assert found["test_frozen"]["observed"].startswith("unchanged")


def test_train_may_grow_but_words_and_labels_that_move_are_named(released):
    more = [review(f"n{n}", f"新的评论，第{n}条", "negative") for n in range(6)]
    released.write([*sound_reviews(), *more], SUITE).validate()
    found = findings(released)
    assert found["test_frozen"]["passed"]
    whys = [one["why"] for one in found["no_drift"]["first"]]
    assert any(why.startswith("labels moved by 0.300, more than 0.1: 'negative' 50.0% -> 80.0%") for why in whys)
    assert any("vocabulary moved" in why for why in whys)
    changes = read_json(Path("data/validate/report.json"))["changes"]
    assert (changes["added"], changes["removed"], changes["kept"]) == (6, 0, 8)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: replace(r, target="negative") if r.id == "en4" else r, "1 changed label, such as en4"),
        (lambda r: replace(r, fields={"text": "Changed."}) if r.id == "en4" else r, "1 changed text, such as en4"),
        (lambda r: replace(r, id="en9") if r.id == "en4" else r, "1 came in, such as en9"),
        (lambda r: replace(r, split="train") if r.id == "en4" else r, "1 went, such as en4"),
    ],
)
def test_a_test_split_that_changes_stops_the_run(released, change, said):
    released.write([change(record) for record in sound_reviews()], SUITE)
    with pytest.raises(PipelineError, match=r"test_frozen failed") as caught:
        released.validate()
    assert said in str(caught.value)


def test_a_test_split_that_changes_on_purpose_is_released(released):
    released.write([record for record in sound_reviews() if record.id != "en4"], SUITE)
    with pytest.raises(PipelineError):
        released.validate()
    release(released.root / "data", refused=True)
    released.validate()
    assert findings(released)["test_frozen"]["passed"]


def test_a_foreign_table_as_released_version_is_refused(released):
    (released.root / "data/released/index.parquet").write_bytes(
        (released.root / "data/validate/map.parquet").read_bytes()
    )
    with pytest.raises(PipelineError, match="not the index of a version"):
        released.validate()


def test_distances():
    assert shift({"a": 1, "b": 1}, {"a": 1}) == 0.5
    assert shift({}, {}) == 0
    assert shift({}, {"a": 1}) == 1
    assert gap([2, 2], [0, 4]) == 0.5
    assert gap([0, 0], [1, 0]) == 1


def test_every_gate_leaves_its_figures_for_the_versions_to_come(released):
    suite = [
        *SUITE,
        {"expect": "rows_between", "split": "train", "min": 3},
        {"expect": "class_share_between", "min": 0.2, "max": 0.9},
        {"expect": "length_between", "column": "text", "max": 25, "share": 0.5},
        {"expect": "no_pii_left"},
    ]
    out = released.write(sound_reviews(), suite).validate()
    gates = read_json(out / "profile.json")["gates"]
    assert gates["rows_between train"] == {"rows": 4}
    assert gates["class_share_between train"] == {"smallest": 0.5, "largest": 0.5}
    assert gates["length_between text"] == {"sound_share": 0.875}
    assert gates["no_pii_left"] == {"sound_share": 1.0}
    assert gates["test_frozen"] == {"problems": 0}
    assert gates["no_drift"]["of_vocabulary"] == 0
    found = {one["key"]: one["gauges"][0] for one in read_json(out / "report.json")["expectations"]}
    assert (found["rows_between train"]["low"], found["rows_between train"]["unit"]) == (3, "count")
    assert (found["class_share_between train"]["name"], found["class_share_between train"]["high"]) == ("largest", 0.9)
    assert found["length_between text"]["low"] == 0.5
