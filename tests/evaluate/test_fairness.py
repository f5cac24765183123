import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import parse
from pipeline.evaluate.fairness import fairness
from pipeline.evaluate.metrics import METRICS
from pipeline.evaluate.params import Params
from pipeline.evaluate.run import evaluate
from pipeline.runtime.store import read_json

GENDER: dict[str, dict[str, tuple[str, ...]]] = {"gender": {"women": ("she", "她"), "men": ("he", "他")}}


class Biased:
    """Right about men; says negative of every second woman."""

    def __init__(self, keyword):
        self.keyword = keyword

    def predict(self, rows):
        found = self.keyword.predict(rows)
        spoiled = self.keyword.predict([{"text": "bad"}])[0]
        return [spoiled if "she" in row["text"].split() else one for row, one in zip(rows, found, strict=True)]


@pytest.fixture
def people(record):
    texts = ["{} is good, number %d", "{} is bad, number %d"]
    rows = []
    for n in range(160):
        who = ("she", "he", "someone", "he and she")[n % 4]
        label = ("positive", "negative")[n // 4 % 2]
        rows.append(record(n, texts[n // 4 % 2].format(who) % n, label))
    return rows


def evaluation(records, predictor, task, params):
    predictions = predictor.predict([{"text": r.fields["text"]} for r in records])
    return predictions, METRICS["classification"].function(records, predictions, task=task, params=params)


def test_a_gap_between_groups_is_found_and_swaps_change_answers(people, keyword, task):
    params = Params(resamples=300, fairness=GENDER)
    predictor = Biased(keyword)
    predictions, found = evaluation(people, predictor, task, params)
    (entry,) = fairness(people, predictions, predictor, found, task, params)
    sizes = {group["group"]: group["n"] for group in entry["groups"]}
    assert sizes == {"women": 40, "men": 40}  # texts that name both, or none, belong to neither
    assert (entry["best"], entry["worst"]) == ("men", "women")
    assert entry["unequal"]
    assert entry["gap"]["low"] > 0.2
    assert entry["swapped"]["n"] == 120
    assert entry["swapped"]["changed"]["value"] > 0.2


def test_an_even_model_has_no_gap(people, keyword, task):
    params = Params(resamples=300, fairness=GENDER)
    predictions, found = evaluation(people, keyword, task, params)
    (entry,) = fairness(people, predictions, keyword, found, task, params)
    assert not entry["unequal"]
    assert entry["swapped"]["changed"]["value"] == 0.0


def test_small_groups_are_shown_and_not_compared(people, keyword, task):
    params = Params(resamples=300, fairness=GENDER, min_slice_rows=100)
    predictions, found = evaluation(people, keyword, task, params)
    (entry,) = fairness(people, predictions, keyword, found, task, params)
    assert "gap" not in entry
    assert entry["groups"][0]["n"] == 40


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"gender": {"women": ["she"]}}, "needs two groups"),
        ({"gender": {"women": ["she"], "men": []}}, "gender.men needs terms"),
        ({"gender": {"women": ["she"], "men": [" "]}}, "gender.men needs terms"),
    ],
)
def test_groups_that_cannot_be_compared_are_refused(given, message):
    with pytest.raises(PipelineError, match=message):
        parse({"fairness": given}, Params, "evaluate")


def test_the_worst_errors_are_queued_for_people(tweets, keyword, task, tmp_path):
    params = Params(resamples=100, robustness_rows=5)
    evaluate(tweets * 1, tweets, keyword, task, params, tmp_path)
    queue = pq.read_table(tmp_path / "queue.parquet").to_pylist()
    report = read_json(tmp_path / "report.json")
    assert {row["record_id"] for row in queue} == {entry["record_id"] for entry in report["worst_errors"]}
    assert [row["priority"] for row in queue] == sorted((row["priority"] for row in queue), reverse=True)
    doubted = {entry["record_id"] for entry in report["worst_errors"] if entry["label_may_be_wrong"]}
    assert {row["record_id"] for row in queue[: len(doubted)]} == doubted
    assert all(row["reason"] == "model_disagrees" for row in queue[: len(doubted)])
    assert queue[0]["prelabel"] == '"positive"'
