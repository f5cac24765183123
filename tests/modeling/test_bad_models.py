"""Model folders that people do have: cut files, the wrong model, another model's tokenizer."""

import json
import shutil

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.modeling.heads import classification, text_to_text
from pipeline.modeling.lm.generator import load_generator
from pipeline.modeling.models import Model, Models
from pipeline.modeling.predictor import load_predictor
from pipeline.modeling.training.recipe import Recipe

TASK = Task(type="classification", labels=("a", "b"), languages=("en",))
ROWS = [{"text": "good", "label": "a"}, {"text": "bad", "label": "b"}]


def copied(folder, to):
    shutil.copytree(folder, to)
    return to


def cut(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def test_cut_weights_of_a_base_model(bert_folder, tmp_path):
    folder = copied(bert_folder, tmp_path / "bert")
    cut(folder / "model.safetensors")
    with pytest.raises(PipelineError, match="cannot be fine-tuned as a text classifier"):
        classification.start(Models(encoder=Model(name=str(folder))), TASK, ROWS, Recipe())


def test_cut_weights_of_a_language_model(llama_folder, tmp_path):
    folder = copied(llama_folder, tmp_path / "llama")
    cut(folder / "model.safetensors")
    with pytest.raises(PipelineError, match="is no causal language model that loads"):
        load_generator(Model(name=str(folder)))


def test_cut_weights_of_a_trained_model(bert_folder, tmp_path):
    from transformers import AutoModelForSequenceClassification

    folder = copied(bert_folder, tmp_path / "model")
    AutoModelForSequenceClassification.from_pretrained(bert_folder, num_labels=2).save_pretrained(folder)
    (folder / "sft.json").write_text(
        json.dumps({"task": {"type": "classification"}, "temperature": 1, "max_length": 8})
    )
    cut(folder / "model.safetensors")
    with pytest.raises(PipelineError, match="the model does not load") as caught:
        load_predictor(folder)
    assert "Train it again" in caught.value.hint


def test_the_tokenizer_of_another_model(bert_folder, tmp_path):
    folder = copied(bert_folder, tmp_path / "bert")
    config = json.loads((folder / "config.json").read_text())
    from transformers import BertConfig, BertModel

    BertModel(BertConfig(**{**config, "vocab_size": 50})).save_pretrained(folder)
    with pytest.raises(PipelineError, match="tokens, the model knows 50") as caught:
        classification.start(Models(encoder=Model(name=str(folder))), TASK, ROWS, Recipe())
    assert "do not belong together" in caught.value.hint


def test_a_language_model_where_an_encoder_decoder_belongs(llama_folder):
    task = Task(type="translation", languages=("en",), target_language="zh")
    with pytest.raises(PipelineError, match="is no encoder-decoder that loads"):
        text_to_text.start(Models(seq2seq=Model(name=str(llama_folder))), task, [], Recipe())
