import json

import pytest

from pipeline.commands.compare import Candidate, _read, as_table, compare
from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.modeling.models import Model, Models
from pipeline.train.params import Params

TASK = Task(type="classification", labels=("negative", "positive"), languages=("en", "zh"))
FAST = Params(epochs=1.0, batch_size=4, max_length=32)


def test_candidates_are_trained_and_ranked_and_one_that_fails_stops_nothing(reviews, bert_folder, tmp_path):
    candidates = {
        "linear": Candidate(train={"epochs": 0.0}),
        "tuned": Candidate(train={"epochs": 2.0, "learning_rate": 1e-2, "freeze": "none"}),
        "missing": Candidate(models={"encoder": {"name": "./nowhere"}}),
        "misspelt": Candidate(train={"freez": "none"}),
    }
    found = compare(reviews, candidates, TASK, Models(encoder=Model(name=str(bert_folder))), FAST, 60.0)
    assert {entry["name"] for entry in found[:2]} == {"linear", "tuned"}
    assert found[0]["macro_f1"] >= found[1]["macro_f1"]
    assert all(entry["rows"] == entry["of"] == 24 for entry in found[:2])
    assert all(entry["answers_per_s"] > 0 and entry["megabytes"] > 0 for entry in found[:2])
    errors = {entry["name"]: entry["error"] for entry in found[2:]}
    assert "./nowhere" in errors["missing"]
    assert "freez is not a known setting" in errors["misspelt"]
    table = as_table(found)
    assert table.splitlines()[0].split()[:2] == ["name", "macro_f1"]
    assert "missing: " in table
    json.dumps(found)


def test_transfer_across_languages_is_a_candidate(bert_folder, tmp_path):
    from tests.train.conftest import labelled, write_dataset

    rows = [
        {**row, "lang": "zh" if any("\u4e00" <= c <= "\u9fff" for c in row["text"]) else "en"} for row in labelled()
    ]
    dataset = write_dataset(tmp_path / "d", train=rows * 3, validation=rows)
    candidates = {
        "both": Candidate(train={"epochs": 0.0}),
        "transfer": Candidate(train={"epochs": 0.0}, train_languages=("en",), dev_languages=("zh",)),
        "nobody": Candidate(train_languages=("fr",)),
    }
    models = Models(encoder=Model(name=str(bert_folder)))
    found = {one["name"]: one for one in compare(dataset, candidates, TASK, models, FAST, 30.0)}
    assert 0 < found["transfer"]["of"] < found["both"]["of"]
    assert "macro_f1" in found["transfer"]
    assert "no train rows in fr" in found["nobody"]["error"]


def test_rows_are_cut_to_the_time(bert_folder, tmp_path):
    from tests.train.conftest import labelled, write_dataset

    dataset = write_dataset(tmp_path / "d", train=labelled() * 40, validation=labelled())
    models = Models(encoder=Model(name=str(bert_folder)))
    (found,) = compare(dataset, {"one": Candidate()}, TASK, models, FAST.model_copy(update={"batch_size": 2}), 0.01)
    assert found["rows"] == 12 < found["of"] == 480  # no time at all: the longer of the two short runs


@pytest.mark.parametrize(
    ("content", "message"),
    [("- a", "found list"), ("a: {trian: {}}", "trian"), ("a: [", "not readable as YAML")],
)
def test_a_bad_candidates_file_is_explained(content, message, tmp_path):
    file = tmp_path / "candidates.yaml"
    file.write_text(content)
    with pytest.raises(PipelineError, match=message):
        _read(file)
    with pytest.raises(PipelineError, match="no such file"):
        _read(tmp_path / "none.yaml")
