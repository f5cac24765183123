"""What a language model that labels is shown."""

from __future__ import annotations

from dataclasses import replace

from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.label.language_model.prompt import prompts
from pipeline.label.language_model.settings import LlmPrelabel
from pipeline.label.prelabels import Example
from pipeline.llm.settings import Endpoint
from tests.unread import english_only

TASK = Task(type="classification", labels=("food", "film"), languages=("zh",))
SETTINGS = LlmPrelabel(endpoint=Endpoint(url="http://localhost:1/v1", model="m"), shots=1)


def example(name, text, target=None):
    source = Source("s", "files", "f", 1, "CC0-1.0", "train")
    record = Record(name, {"text": text}, source, target=target, lang="zh", split="train")
    return Example(name, text, name, target, target, record)


def test_examples_are_chosen_by_tf_idf_where_the_encoder_does_not_read_the_language(tmp_path, caplog):
    learn = [example("a", "今天的面条很好吃", "food"), example("b", "这部电影的音乐很好听", "film")]
    asked = [example("c", "面条好吃"), example("d", "电影音乐好听")]
    found = prompts(asked, learn, english_only(tmp_path / "encoder"), TASK, SETTINGS)
    shown = [next(text for role, text in question.turns if role == "user") for question in found]
    assert ["今天的面条" in text for text in shown] == [True, False]
    assert "few-shot examples: TF-IDF instead of the encoder" in caplog.text


def test_no_examples_are_looked_for_where_none_is_shown(tmp_path, caplog):
    asked = [replace(example("c", "面条好吃"))]
    assert len(prompts(asked, [], english_only(tmp_path / "encoder"), TASK, SETTINGS)) == 1
    assert caplog.text == ""
