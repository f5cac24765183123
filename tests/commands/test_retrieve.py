"""`sft retrieve`: passages and triples become contexts, in both languages; answers stand where they are marked."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from pipeline.commands.retrieve import run
from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.tasks import qa

PASSAGES = """The library opens at nine in the morning and closes at six.

Lost keys are kept at the porter's desk for thirty days.

Bicycles stand in the yard behind the canteen.

图书馆早上九点开门，晚上六点关门。

自行车停在食堂后面的院子里。

丢失的钥匙在门卫处保管三十天。
"""
ASKED: list[dict[str, object]] = [
    {"id": "a", "question": "When does the library close?", "answer": ["six", "at six"]},
    {"question": "自行车停在哪里？", "answer": "食堂后面的院子里"},
    {"question": "Where are lost keys kept?", "answer": "in the cellar"},
    {"question": "钥匙保管多久？"},
]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("models: {encoder: {name: tfidf}}\n", "utf-8")
    Path("handbook.txt").write_text(PASSAGES, "utf-8")
    write(ASKED)
    return tmp_path


def write(rows: list[dict[str, object]], name: str = "questions.jsonl") -> None:
    Path(name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def made(knowledge: str = "handbook.txt", passages: int = 1, form: str = "qa") -> list[dict]:
    paths = {"questions": Path("questions.jsonl"), "knowledge": Path(knowledge), "out": Path("made.jsonl")}
    run(argparse.Namespace(**paths, passages=passages, form=form, json=True))
    return [json.loads(line) for line in Path("made.jsonl").read_text("utf-8").splitlines()]


def test_each_question_gets_its_passage_and_rows_are_sound_examples(capsys: pytest.CaptureFixture[str]) -> None:
    rows = made()
    assert [row["context"][:6] for row in rows] == ["The li", "自行车停在食", "Lost k", "丢失的钥匙在"]
    assert rows[0]["id"] == "a"
    assert [answer["text"] for answer in rows[0]["answers"]] == ["six", "at six"]
    assert rows[2]["answers"] == []  # given, but not in these passages
    assert rows[3]["answers"] is None  # not given: people may answer it
    task = Task(type="qa", languages=("en", "zh"))
    for row in rows:
        fields, target = qa.parse(row, row["answers"], task)
        record = Record("1", fields, Source("s", "files", "made.jsonl", 1, "x", "train", False), target)
        assert qa.problems(record, task) == []
    counts = json.loads(capsys.readouterr().out)
    assert counts == {"answer_retrieved": 2, "passages": 6, "questions": 4, "with_answer": 3}


def test_more_passages_come_nearest_first_and_never_more_than_there_are() -> None:
    few, many = made(passages=2), made(passages=99)
    for one, other in zip(few, many, strict=True):
        assert one["context"].count("\n\n") == 1
        assert other["context"].count("\n\n") == 5
        assert other["context"].startswith(one["context"])


@pytest.mark.parametrize("ending", ["tsv", "jsonl"])
def test_triples_answer_questions_on_a_knowledge_base(ending: str) -> None:
    triples = [
        ("Oslo", "is the capital of", "Norway"),
        ("Rome", "is the capital of", "Italy"),
        ("北京", "的面积是", "16410平方公里"),
    ]
    names = ("subject", "predicate", "object")
    Path("base.tsv").write_text("\n".join(map("\t".join, triples)) + "\n\n", "utf-8")
    write([dict(zip(names, triple, strict=True)) for triple in triples], "base.jsonl")
    write(
        [
            {"question": "Which country has Rome for its capital?", "answer": "Italy"},
            {"question": "北京的面积是多少？", "answer": "16410平方公里"},
        ]
    )
    rows = made(f"base.{ending}")
    assert [row["context"] for row in rows] == ["Rome is the capital of Italy", "北京 的面积是 16410平方公里"]
    assert [row["answers"][0]["text"] for row in rows] == ["Italy", "16410平方公里"]


def test_as_conversations_the_passages_are_in_the_prompt_and_the_answer_is_the_reply() -> None:
    rows = made(form="chat")
    assert [[turn["role"] for turn in row["messages"]] for row in rows] == [["user", "assistant"]] * 3 + [["user"]]
    assert rows[0]["messages"][0]["content"].startswith("Answer the question from these passages")
    assert "图书馆" not in rows[1]["messages"][0]["content"]
    assert "自行车停在食堂后面的院子里。\n\n问题：自行车停在哪里？" in rows[1]["messages"][0]["content"]
    assert rows[1]["messages"][1]["content"] == "食堂后面的院子里"


def test_no_question_is_an_empty_file_and_no_passage_an_error() -> None:
    write([])
    assert made() == []
    Path("handbook.txt").write_text("\n\n", "utf-8")
    with pytest.raises(PipelineError, match="no passage"):
        made()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("questions.jsonl", '{"answer": "x"}', "questions.jsonl, line 1: no `question`"),
        ("questions.jsonl", "plainly not", "questions.jsonl, line 1: no JSON object: plainly not"),
        ("base.jsonl", '{"text": "a"}\n{"title": "b"}', "base.jsonl, line 2: neither `text` nor subject"),
        ("base.tsv", "a\tb\tc\na\tb", "base.tsv, line 2: no triple"),
        ("base.csv", "a,b,c", "unknown kind of file"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(name: str, content: str, says: str) -> None:
    Path(name).write_text(content, "utf-8")
    with pytest.raises(PipelineError, match=says):
        made(name if name.startswith("base") else "handbook.txt")
