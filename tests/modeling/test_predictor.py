"""A model folder is loaded whole or refused in one message that names the file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.modeling.predictor import load_predictor
from tests.modeling.conftest import save_bert

TASK = {"type": "classification", "labels": ["好", "bad"]}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier of random weights as `train` writes it."""
    from transformers import AutoModelForSequenceClassification

    folder = tmp_path_factory.mktemp("model")
    save_bert(folder)
    AutoModelForSequenceClassification.from_pretrained(folder, num_labels=2).save_pretrained(folder)
    settings = {"task": TASK, "temperature": 1.0, "max_length": 16}
    (folder / "sft.json").write_text(json.dumps(settings), "utf-8")
    return folder


def _changed(file: Path, **change: object) -> None:
    found = {**json.loads(file.read_text("utf-8")), **change}
    file.write_text(json.dumps({name: value for name, value in found.items() if value != "gone"}), "utf-8")


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("sft.json", {"temperature": "warm"}, "sft.json: 'temperature' holds warm"),
        ("sft.json", {"temperature": "gone"}, "sft.json: there is no key 'temperature'"),
        ("sft.json", {"max_length": -1}, "sft.json: 'max_length' holds -1"),
        ("sft.json", {"task": {"type": "oracle"}}, "'oracle'"),
        ("config.json", {"num_attention_heads": -1}, "the model does not load"),
        ("config.json", {"hidden_act": [1]}, "the model does not load"),
    ],
)
def test_a_damaged_file_is_named(whole: Path, tmp_path: Path, name: str, change: dict[str, object], said: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(whole, folder)
    assert len(load_predictor(folder).predict([{"text": "hello"}])) == 1
    _changed(folder / name, **change)
    with pytest.raises(PipelineError) as caught:
        load_predictor(folder)
    assert said in str(caught.value)
