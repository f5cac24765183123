import argparse
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.commands import render
from pipeline.core.errors import PipelineError
from tests.modeling.conftest import llama_folder, own_cache  # noqa: F401

TALKS = {
    "one": [("user", "what a day"), ("assistant", "thank you"), ("user", "质量很好"), ("assistant", "非常满意")],
    "told": [("system", "be <|im_end|> good"), ("user", "good film"), ("assistant", "thank you")],
}


@pytest.fixture
def project(tmp_path, monkeypatch, llama_folder):  # noqa: F811
    folder = tmp_path / "data/validate/dataset/data"
    folder.mkdir(parents=True)
    rows = [
        {"id": id, "messages": [{"role": role, "content": text} for role, text in turns]} for id, turns in TALKS.items()
    ]
    pq.write_table(pa.Table.from_pylist(rows), folder / "train-00000-of-00001.parquet")
    params = (
        f"task: {{type: chat, languages: [en, zh]}}\nmodels: {{generator: {{name: {llama_folder}}}}}\ntrain: {{}}\n"
    )
    (tmp_path / "params.yaml").write_text(params, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(capsys, record, *, as_json=False, model=None):
    dataset = Path("data/validate/dataset")
    render.run(argparse.Namespace(record=record, dataset=dataset, model=model, json=as_json))
    return capsys.readouterr().out


def test_learned_text_stands_between_marks(project, capsys):
    text = shown(capsys, "one")
    assert "-- view 1 of 1" in text
    assert "(turn 2, 4)" in text
    assert "<|im_start|>assistant\n⟦thank you<|im_end|>⟧" in text
    assert "⟦非常满意<|im_end|>⟧" in text
    assert text.count("⟦") == 2


def test_a_reply_that_is_not_learned_says_why(project, capsys):
    assert "-- turn 3 is not learned: control_token_in_text: turn 1 holds" in shown(capsys, "told")


def test_json_names_every_token_and_what_it_says(project, capsys):
    found = json.loads(shown(capsys, "one", as_json=True))
    (view,) = found["views"]
    assert view["turns"] == [2, 4]
    assert "".join(t["text"] for t in view["tokens"] if t["learned"] == "content").startswith("thank you<|im_end|>")
    assert json.loads(shown(capsys, "told", as_json=True))["refused"][0]["reason"] == "control_token_in_text"


def test_what_cannot_be_shown_is_told(project, capsys):
    with pytest.raises(PipelineError, match="two: no such record"):
        shown(capsys, "two")
    with pytest.raises(PipelineError, match="no trained model there"):
        shown(capsys, "one", model=project / "nothing")
    params = (
        (project / "params.yaml").read_text("utf-8").replace("type: chat", "type: translation, target_language: en")
    )
    (project / "params.yaml").write_text(params, "utf-8")
    with pytest.raises(PipelineError, match="records of translation are no conversations"):
        shown(capsys, "one")
