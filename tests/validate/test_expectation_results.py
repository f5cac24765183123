"""Results that an earlier run found on the same columns are taken over, and Great Expectations is not loaded."""

from __future__ import annotations

import pytest

from pipeline.validate import expectation_results, gx
from tests.validate.conftest import review, sound_reviews

SUITE = [
    {"expect": "unique", "column": "id"},
    {"expect": "length_between", "column": "text", "min": 2, "severity": "warn"},
    {"expect": "conserved_counts"},
]
PLAIN = [{"expect": "unique", "column": "id"}, {"expect": "conserved_counts"}]


@pytest.fixture
def runs(tmp_path, monkeypatch) -> list[int]:
    """An entry for each time that Great Expectations runs; small tables are kept too."""
    from pipeline.runtime import part_cache

    for module in (part_cache, expectation_results):
        monkeypatch.setattr(module, "FEWEST_ROWS", 2)
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))
    seen: list[int] = []
    run = gx.run_suite
    monkeypatch.setattr(gx, "run_suite", lambda rules, *rest: seen.append(len(rules)) or run(rules, *rest))
    return seen


def written(out) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in ("report.json", "metrics.json", "data_docs/index.html")}


def test_equal_columns_are_not_held_against_the_suite_again(project, runs):
    first = written(project.write(sound_reviews(), SUITE).validate())
    assert runs == [3]
    assert written(project.validate()) == first
    assert runs == [3]


@pytest.mark.parametrize(
    ("records", "suite", "again"),
    [
        ([*sound_reviews(), review("new", "很好看。")], SUITE, True),
        (sound_reviews(), [SUITE[0] | {"note": "why"}, *SUITE[1:]], True),
        (sound_reviews(), PLAIN, True),
        ([review(r.id, r.fields["text"] + "!", r.target, r.split) for r in sound_reviews()], SUITE, True),
    ],
    ids=["a record", "a note", "fewer rules", "texts"],
)
def test_what_changed_is_held_against_the_suite(project, runs, records, suite, again):
    project.write(sound_reviews(), SUITE).validate()
    project.write(records, suite).validate()
    assert runs == [3, len(suite)]


def test_a_column_that_no_rule_reads_may_change(project, runs):
    before = sound_reviews()
    project.write(before, PLAIN).validate()
    project.write([review(r.id, r.fields["text"], "positive", r.split) for r in before], PLAIN).validate()
    assert runs == [2]
