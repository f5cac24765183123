from pipeline.evaluate.params import Params
from pipeline.evaluate.run import evaluate
from pipeline.runtime.store import read_json

PARAMS = Params(resamples=200, robustness_rows=60)


def test_wrong_labels_come_first_and_are_doubted(report, folder):
    assert len(report["worst_errors"]) == 4
    assert {entry["given"] for entry in report["worst_errors"]} == {'"negative"'}
    assert {entry["suggested"] for entry in report["worst_errors"]} == {'"positive"'}
    doubted = sum(entry["label_may_be_wrong"] for entry in report["worst_errors"])
    assert doubted == read_json(folder / "metrics.json")["suspected_label_errors"]


def test_doubt_needs_both_a_sure_model_and_the_reference(tweets, keyword, task, tmp_path):
    evaluate([], tweets, keyword, task, PARAMS, tmp_path)  # nothing to learn from: no second opinion
    alone = read_json(tmp_path / "report.json")
    assert alone["baselines"] == {}
    assert alone["worst_errors"]
    assert not any(entry["label_may_be_wrong"] for entry in alone["worst_errors"])
    strict = PARAMS.model_copy(update={"label_error_confidence": 0.98})
    evaluate(tweets, tweets, keyword, task, strict, tmp_path)  # a second opinion, but no sure model
    assert not any(entry["label_may_be_wrong"] for entry in read_json(tmp_path / "report.json")["worst_errors"])
