import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.record import Record
from pipeline.evaluate.baselines import baselines, references
from pipeline.evaluate.params import Params
from tests.evaluate.task_cases import TASKS, example


def test_references_learn_from_train_alone():
    ner = [example(n, "ner") for n in range(40)]
    text = "北京 and Romeo saw Rome 😀小明"
    asked = [Record("t", {"text": text}, ner[0].source, [])]
    (found,) = baselines(ner, asked, TASKS["ner"], 100)["gazetteer"]
    assert [text[s["start"] : s["end"]] for s in found.value] == ["北京", "Rome", "小明"]
    assert [s["label"] for s in found.value] == ["place", "place", "person"]
    qa = [example(n, "qa") for n in range(4)]
    said = baselines(qa, qa, TASKS["qa"], 100)
    for name, predictions in said.items():
        for record, prediction in zip(qa, predictions, strict=True):
            (answer,) = prediction.value
            start = answer["start"]
            assert record.fields["context"][start : start + len(answer["text"])] == answer["text"], name
    numbers = [example(n, "regression") for n in range(40)]
    said = baselines(numbers, numbers, TASKS["regression"], 100)
    assert said["mean"][0].value == pytest.approx(sum(r.target for r in numbers) / 40)
    assert set(said) == {"mean", "median", "tfidf_ridge"}
    assert baselines([], numbers, TASKS["regression"], 100) == {}


def test_a_bilstm_is_a_reference_for_entities_where_it_is_asked_for():
    ner = [example(n, "ner") for n in range(40)]
    found = references(ner, ner[:8], TASKS["ner"], Params(baseline_rows=0, bilstm_rows=30))
    assert list(found) == ["bilstm_crf"]
    marked = [n for n in range(8) if ner[n].target]
    assert [found["bilstm_crf"][n].value for n in marked] == [ner[n].target for n in marked] != []
    assert "bilstm_crf" not in references(ner, ner[:8], TASKS["ner"], Params())
    with pytest.raises(PipelineError, match=r"evaluate\.bilstm_rows is for entities"):
        references(ner, ner, TASKS["qa"], Params(baseline_rows=0, bilstm_rows=30))
