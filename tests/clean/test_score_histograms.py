"""What thresholds are compared with is told as histograms, of every row that a filter looked at."""

from __future__ import annotations

from pipeline.clean.step import Context
from pipeline.clean.steps.language import Language, check_language
from pipeline.clean.steps.near_duplicates import NearDuplicates, drop_near_duplicates
from pipeline.clean.steps.quality import Quality, filter_quality
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_table
from tests.report.conftest import make_record

TASK = Task(type="classification", labels=("negative", "neutral", "positive"), languages=("en", "zh"))


def table(*texts: str):
    return to_table([make_record(n, text) for n, text in enumerate(texts)], schema(TASK))


def test_quality_counts_what_it_keeps_and_what_it_drops():
    outcome = filter_quality(table("!!!!!!!!", "a good phone", "它的屏幕很清晰"), Quality(), Context(TASK))
    found = outcome.notes["histograms"]
    assert outcome.dropped.num_rows == 1
    assert sum(found["letters"]["counts"]) == sum(found["characters"]["counts"]) == 3
    assert found["letters"]["counts"][0] == 1
    assert found["letters"]["limits"] == {"min_letters": 0.3}
    assert found["characters"]["limits"] == {"min_chars": 1, "max_chars": 20_000}
    assert not [name for name in outcome.notes if name.startswith("histogram ")]


def test_language_draws_the_probability_below_which_rows_go():
    german = "Das Telefon ist gut und der Akku hält den ganzen Tag lang durch, sehr zu empfehlen"
    outcome = check_language(table(german, "The battery lasts all day and charges fast"), Language(), Context(TASK))
    found = outcome.notes["histograms"]["language"]
    assert outcome.dropped.num_rows == 1
    assert (found["counts"][0], sum(found["counts"])) == (1, 2)
    assert found["limits"]["min_confidence"] < 0.011
    kept = check_language(table(german), Language(wrong="keep"), Context(TASK))
    assert kept.notes["histograms"]["language"]["limits"] == {}


def test_pairs_of_near_duplicates_lie_on_either_side_of_the_limits():
    text = "the battery of this phone lasts all day long and it charges very fast on the train to work in the morning"
    outcome = drop_near_duplicates(table(text, f"{text}!", text + " and home"), NearDuplicates(), Context(TASK))
    found = outcome.notes["histograms"]["similarity"]
    assert found["limits"] == {"review": 0.6, "drop": 0.9}
    assert sum(found["counts"]) == outcome.notes["pairs"] > 0


def test_no_rows_no_histogram():
    empty = table("x").slice(0, 0)
    assert "histograms" not in filter_quality(empty, Quality(), Context(TASK)).notes
    assert "histograms" not in check_language(empty, Language(), Context(TASK)).notes
