from dataclasses import replace

from pipeline.evaluate.metrics import classification
from pipeline.evaluate.params import Params
from pipeline.evaluate.slices import slices
from pipeline.modeling.prediction import Prediction

PARAMS = Params(resamples=200, robustness_rows=60)


def test_slices_flag_only_what_is_really_worse(tweets, keyword, task):
    spoiled = [r.derive("x", target="neutral") if r.lang == "zh" and n % 3 else r for n, r in enumerate(tweets)]
    rows = [{"text": r.fields["text"]} for r in spoiled]
    evaluation = classification.compute_metrics(spoiled, keyword.predict(rows), task, PARAMS)
    found = {(s["attribute"], s["slice"]): s for s in slices(spoiled, evaluation, task, PARAMS)}
    assert found["language", "zh"]["worse"]
    assert not found["language", "en"]["worse"]
    assert not found["source", "reviews"]["worse"]
    assert found["language", "zh"]["n"] + found["language", "en"]["n"] == 120
    assert found["language", "zh"]["low"] <= found["language", "zh"]["value"] <= found["language", "zh"]["high"]
    assert "label_by" not in {attribute for attribute, _ in found}, "one value cuts nothing"


def test_what_is_known_of_records_by_name_cuts_slices_where_it_has_few_values(task, record):
    about = [{"topic": ["旅行", "food"][n % 2], "page": f"p{n}"} for n in range(60)]
    records = [replace(record(n, "good", "positive"), meta=one if n else {}) for n, one in enumerate(about)]
    evaluation = classification.compute_metrics(records, [Prediction("positive", 0.9)] * 60, task, PARAMS)
    found = {(s["attribute"], s["slice"]): s["n"] for s in slices(records, evaluation, task, PARAMS)}
    assert {key: n for key, n in found.items() if key[0] == "meta_topic"} == {
        ("meta_topic", "旅行"): 29,
        ("meta_topic", "food"): 30,
        ("meta_topic", "(none)"): 1,
    }
    assert "meta_page" not in {attribute for attribute, _ in found}, "60 values name records, they do not group them"


def test_a_small_slice_is_shown_but_not_flagged(task, record):
    records = [record(n, "good", "positive" if n > 5 else "negative", lang="en" if n > 5 else "zh") for n in range(60)]
    evaluation = classification.compute_metrics(records, [Prediction("positive", 0.9)] * 60, task, PARAMS)
    found = next(s for s in slices(records, evaluation, task, PARAMS) if s["slice"] == "zh")
    assert (found["n"], found["value"], found["worse"], found["p"]) == (6, 0.0, False, None)
