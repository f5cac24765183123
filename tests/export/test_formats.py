"""The forms of `sft export`, row by row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.core.settings import Task
from pipeline.core.turns import Reading
from pipeline.dialects import DIALECTS
from pipeline.export.conversations import conversation_of
from pipeline.export.formats import FORMS, tagged
from pipeline.export.prompts import answer
from pipeline.export.written_counts import Account

SENTIMENT = Task(type="classification", labels=("good", "bad"), languages=("en", "zh"))
CHAT = Task(type="chat", languages=("en", "zh"))
NER = Task(type="ner", labels=("PER", "LOC"), languages=("en", "zh"))
QA = Task(type="qa", languages=("en",))
TRANSLATION = Task(type="translation", languages=("en",), target_language="zh")

TURNS = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello!"},
    {"role": "user", "content": "你好吗？"},
    {"role": "assistant", "content": "很好。"},
]
ROWS: dict[str, tuple[Task, dict[str, Any]]] = {
    "sentiment": (SENTIMENT, {"id": "s", "text": "很好看", "label": "good", "lang": "zh"}),
    "chat": (CHAT, {"id": "c", "prompt": "你好吗？", "response": "很好。", "messages": TURNS, "lang": "zh"}),
    "ner": (NER, {"id": "n", "text": "Ann 去北京", "spans": [
        {"start": 0, "end": 3, "label": "PER"}, {"start": 5, "end": 7, "label": "LOC"}], "lang": "zh"}),
    "qa": (QA, {"id": "q", "context": "Rain is water.", "question": "What is rain?", "lang": "en",
                "answers": [{"start": 8, "text": "water"}]}),
    "translation": (TRANSLATION, {"id": "t", "text": "Good day", "target": "你好", "lang": "en"}),
}  # fmt: skip


def written(form: str, name: str):
    task, row = ROWS[name]
    return json.loads("".join(FORMS[form].function([row], task, Account())))


@pytest.mark.parametrize("form", DIALECTS)
@pytest.mark.parametrize("name", ROWS)
def test_every_task_is_a_conversation_that_ends_with_its_target(form, name):
    task, row = ROWS[name]
    conversation = conversation_of(row, task)
    assert conversation.messages[-1].role == "assistant"
    found = DIALECTS[form].read(written(form, name), Reading())
    assert found.messages[-1] == conversation.messages[-1]


def test_chats_keep_every_turn():
    assert written("messages", "chat")["messages"] == TURNS
    assert [turn["from"] for turn in written("sharegpt", "chat")["conversations"]] == ["human", "gpt", "human", "gpt"]
    assert written("sharegpt", "chat")["system"] == "Be brief."
    assert written("alpaca", "chat") == {
        "id": "c", "instruction": "你好吗？", "input": "", "output": "很好。", "system": "Be brief.",
        "history": [["Hi", "Hello!"]],
    }  # fmt: skip
    assert written("prompt_completion", "chat")["completion"] == TURNS[-1:]
    assert written("openai", "chat").keys() == {"messages"}


def test_labels_are_asked_for_in_the_rows_language():
    found = written("alpaca", "sentiment")
    assert found["instruction"].startswith("下列标签中哪一个")
    assert "good, bad" in found["instruction"]
    assert (found["input"], found["output"]) == ("很好看", "good")


def test_conll_tags_words_and_characters_and_never_cuts_a_span():
    assert list(tagged("Ann 去北京", ROWS["ner"][1]["spans"])) == [
        ("Ann", "B-PER"), ("去", "O"), ("北", "B-LOC"), ("京", "I-LOC"),
    ]  # fmt: skip
    assert list(tagged("NewYork-based", [{"start": 0, "end": 7, "label": "LOC"}]))[:2] == [
        ("NewYork", "B-LOC"), ("-", "O"),
    ]  # fmt: skip
    text = "".join(FORMS["conll"].function([ROWS["ner"][1]], NER, Account()))
    assert text == "# id = n\nAnn\tB-PER\n去\tO\n北\tB-LOC\n京\tI-LOC\n\n"


def test_squad_answers_lie_where_they_say():
    [part] = written("squad", "qa")["data"][0]["paragraphs"]
    [found] = part["qas"][0]["answers"]
    assert part["context"][found["answer_start"] :].startswith(found["text"])
    empty = {**ROWS["qa"][1], "answers": []}
    assert json.loads("".join(FORMS["squad"].function([empty], QA, Account())))["data"][0]["paragraphs"][0]["qas"][0][
        "is_impossible"
    ]
    assert answer(empty) == "unanswerable"
