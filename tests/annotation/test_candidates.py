"""Several replies to one prompt, read from files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.annotation.candidates import Candidate, read_candidates
from pipeline.core.errors import PipelineError


def write(file: Path, *lines: object) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    file.write_text("\n".join(texts), "utf-8")
    return file


def test_replies_stand_by_record_in_the_order_of_files_and_lines(tmp_path: Path) -> None:
    write(tmp_path / "candidates/b.jsonl", {"record_id": "r1", "reply": "third"})
    write(
        tmp_path / "candidates/a.jsonl",
        {"record_id": "r2", "reply": "你好"},
        "",
        {"record_id": "r1", "reply": "first"},
        {"record_id": "r1", "reply": "second"},
    )
    (tmp_path / "candidates/README.md").write_text("no line", "utf-8")
    found = read_candidates(tmp_path / "candidates", tmp_path / "nowhere")
    assert {id: [one.reply for one in some] for id, some in found.items()} == {
        "r1": ["first", "second", "third"],
        "r2": ["你好"],
    }
    assert found["r2"][0].message().content == "你好"


def test_no_place_holds_none(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert read_candidates() == read_candidates(tmp_path / "empty", tmp_path / "gone.jsonl") == {}


@pytest.mark.parametrize(
    ("scores", "score", "value"),
    [({}, None, None), ({"help": 2.0, "真实": 5.0}, None, 3.5), ({"help": 2.0}, 0.0, 0.0), ({}, -1.0, -1.0)],
)
def test_the_mean_compares_where_no_score_is_given(
    scores: dict[str, float], score: float | None, value: float | None
) -> None:
    assert Candidate(record_id="r", reply="x", scores=scores, score=score).value == value


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{broken", "Expecting property name"),
        ('{"record_id": "r"}', "reply"),
        ('{"record_id": "r", "reply": "x", "score": NaN}', "score"),
        ('{"record_id": "r", "reply": "x", "scorres": {}}', "scorres"),
        ('{"record_id": "r", "reply": {"role": "user", "content": "x"}}', "role"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = write(tmp_path / "mine.jsonl", {"record_id": "r", "reply": "ok"}, line)
    with pytest.raises(PipelineError, match=r"mine\.jsonl:2") as error:
        read_candidates(file)
    assert said in str(error.value.message)
