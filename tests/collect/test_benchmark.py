import json

import pytest

from pipeline.collect.convert import RecordMaker, to_verdicts
from pipeline.collect.formats import read_file
from pipeline.collect.params import FileOptions, RecordSource
from pipeline.collect.rows import Part, Row
from pipeline.collect.sources import source_settings
from pipeline.core.settings import Task

GSM8K = json.dumps({"question": "What is 2 + 2?", "answer": "2 + 2 = 4\n#### 4"})
MT_BENCH = json.dumps({"question_id": 81, "category": "writing", "turns": ["Write a blog post.", "Now a shorter one."]})
MMLU = 'What is 6 * 7?,40,41,42,43,C\n"Which, then?",a,b,c,d,A\n'
MMLU_HEADER = "id,question,A,B,C,D,answer\n7,下列哪一项正确？,甲,乙,丙,丁,B\n"
ARC = json.dumps({"id": "x1", "question": {"stem": "Which is red?", "choices": [{"text": "sky", "label": "A"}]}})
HELLASWAG = json.dumps({"ctx": "A man sits down. He", "endings": ["eats.", "flies."]})
HUB_CHOICES = json.dumps({"question": "Which?", "choices": {"text": ["one", "two"], "label": ["A", "B"]}})
SQUAD = json.dumps(
    {"data": [{"title": "t", "paragraphs": [{"context": "Anna lives in Rome.", "qas": [
        {"id": "q9", "question": "Where?", "answers": [{"text": "Rome", "answer_start": 14}]}]}]}]}
)  # fmt: skip


def read(tmp_path, name, text):
    (tmp_path / name).write_text(text, "utf-8")
    return list(read_file(tmp_path / name, FileOptions(format="benchmark"), name, "here"))


@pytest.mark.parametrize(
    ("name", "text", "item", "turns"),
    [
        ("gsm8k.jsonl", GSM8K, "1", ["What is 2 + 2?"]),
        ("mt_bench.jsonl", MT_BENCH, "81", ["Write a blog post.", "Now a shorter one."]),
        ("mmlu.csv", MMLU, "1", ["What is 6 * 7?\n40\n41\n42\n43"]),
        ("cmmlu.csv", MMLU_HEADER, "7", ["下列哪一项正确？\n甲\n乙\n丙\n丁"]),
        ("arc.jsonl", ARC, "x1", ["Which is red?\nsky"]),
        ("hellaswag.json", f"[{HELLASWAG}]", "1", ["A man sits down. He\neats.\nflies."]),
        ("hub.jsonl", HUB_CHOICES, "1", ["Which?\none\ntwo"]),
        ("squad.json", SQUAD, "q9", ["Where?"]),
    ],
)
def test_published_shapes_are_read(tmp_path, name, text, item, turns):
    first = read(tmp_path, name, text)[0]
    assert isinstance(first, Row), first
    assert first.values["item"] == item
    assert [turn["content"] for turn in first.values["messages"]] == turns


def test_contexts_and_answers_come_along(tmp_path):
    assert read(tmp_path, "a.json", SQUAD)[0].values["context"] == "Anna lives in Rome."
    assert read(tmp_path, "a.jsonl", GSM8K)[0].values["answer"] == "2 + 2 = 4\n#### 4"


def test_a_row_without_a_prompt_is_told(tmp_path):
    (bad,) = read(tmp_path, "a.jsonl", '{"colour": "red"}')
    assert bad.reason == "not_a_benchmark_item"
    assert "colour" in bad.detail
    assert read(tmp_path, "b.jsonl", "") == []


@pytest.mark.parametrize(
    "task",
    [
        Task(type="chat"),
        Task(type="classification", labels=("a", "b")),
        Task(type="ner", labels=("PER",)),
        Task(type="qa"),
        Task(type="regression", range=(0, 1)),
        Task(type="translation", languages=("en", "zh")),
        Task(type="summarization"),
    ],
)
@pytest.mark.parametrize("text", [GSM8K, MT_BENCH, SQUAD])
def test_every_task_type_takes_every_benchmark(tmp_path, task, text):
    rows = read(tmp_path, "b.json", f"[{text}]" if text != SQUAD else text)
    values = {"kind": "files", "role": "benchmark", "licence": "MIT", "path": "b.json", "format": "benchmark"}
    settings = source_settings("b", {**values, "lang": task.languages[0]})
    assert isinstance(settings, RecordSource)
    (verdict,) = to_verdicts(RecordMaker("b", settings, task, "here"), [Part("b.json", rows)], "here")
    assert verdict.drop is None, verdict.drop
    assert verdict.record.split == "benchmark"
