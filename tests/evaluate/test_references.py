"""Several right answers of one item: asked once, and the best of them counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.core.settings import Task
from pipeline.evaluate.metrics import chat, summarization, translation
from pipeline.evaluate.params import Params
from pipeline.evaluate.references import Item, items, references, streams
from pipeline.modeling.prediction import Prediction
from pipeline.stats.bootstrap import estimate
from tests.chats import reply

PARAMS = Params(resamples=200, robustness_rows=2, base_model_rows=3)
INTO_CHINESE = Task(type="translation", languages=("en", "zh"), target_language="zh")


def test_rows_of_one_input_are_one_item_in_the_order_of_the_first(record):
    rows = [record(0, "good", "好"), record(1, "bad", "坏"), record(2, "good", "不错"), record(3, "good", "好")]
    found = items(rows, INTO_CHINESE)
    assert [one.id for one in found] == ["id0000", "id0001"]
    assert references(found[0]) == ["好", "不错"]
    assert references(found[1]) == ["坏"]
    assert items([], INTO_CHINESE) == []
    assert streams([["a", "b"], ["c"]]) == [["a", "c"], ["b", None]]


def test_another_language_or_task_is_another_item(record):
    rows = [record(0, "chat", "猫"), replace(record(1, "chat", "聊天"), lang="fr")]
    assert len(items(rows, INTO_CHINESE)) == 2
    labels = Task(type="classification", labels=("a", "b"), languages=("en",))
    assert items([record(0, "x", "a"), record(1, "x", "b")], labels) == [record(0, "x", "a"), record(1, "x", "b")]


def test_an_edited_item_keeps_its_references(record):
    (item,) = items([record(0, "good", "好"), record(1, "good", "不错")], INTO_CHINESE)
    assert isinstance(item, Item)
    assert references(replace(item, fields={"text": "Good"})) == ["好", "不错"]


@pytest.mark.parametrize(("kind", "name"), [(translation, "chrf"), (summarization, "rouge_l")])
def test_the_answer_counts_as_its_best_reference_lets_it(record, kind, name):
    task = Task(type=kind.__name__.rpartition(".")[2], languages=("en", "zh"), target_language="zh")
    rows = [
        record(0, "nice weather", "天气很好"),
        record(1, "nice weather", "今天天气不错"),
        record(2, "bad", "太差了"),
    ]
    said = [Prediction("今天天气不错"), Prediction("太差了")]
    evaluation = kind.compute_metrics(items(rows, task), said, task, PARAMS)
    found = estimate(evaluation.metrics, 2, 200)
    assert found[name].value == pytest.approx(100 if name == "chrf" else 1)
    assert found["exact_match"].value == 1
    assert found["length_ratio"].value == pytest.approx(1)
    assert evaluation.details["references"] == 3
    alone = kind.compute_metrics([rows[0], rows[2]], said, task, PARAMS)
    assert estimate(alone.metrics, 2, 200)["exact_match"].value == 0.5
    assert "references" not in alone.details


def test_replies_of_a_chat_too(record):
    task = Task(type="chat", languages=("en", "zh"))
    ask = [("user", "Name a colour.")]
    rows = [record(0, ask, reply("Red")), record(1, ask, reply("Blue"))]
    said = [Prediction(reply("blue"), log_likelihood=-2.0, tokens=1)]
    evaluation = chat.compute_metrics(items(rows, task), said, task, PARAMS)
    assert estimate(evaluation.metrics, 1, 200)["exact_match"].value == 1
