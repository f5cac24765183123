"""Decisions files: read, merged, disputed; every unreadable line named."""

from __future__ import annotations

import json

import pytest

from pipeline.annotation.review_decisions import final_decisions, read_decisions
from pipeline.core.errors import PipelineError


def line(record_id="r1", decision="keep", reviewer="ann", minute=0, value=None, **more):
    moment = f"2026-01-31T12:{minute:02}:00Z"
    return {
        "record_id": record_id,
        "decision": decision,
        "reviewer": reviewer,
        "created_at": moment,
        "value": value,
        **more,
    }


def write(folder, name, *lines):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines), "utf-8")


def test_files_add_up_and_the_latest_of_one_reviewer_counts(tmp_path):
    write(
        tmp_path,
        "a.jsonl",
        line(decision="drop"),
        line("r2", "accept", value="正面", list="label_errors", text_id=None),
    )
    write(tmp_path, "b.jsonl", line(decision="keep", minute=5))
    found = final_decisions(read_decisions(tmp_path))
    assert set(found.keep) == {"r1", "r2"}
    assert found.keep["r1"].place == "b.jsonl:1"
    assert (found.drop, found.disputed) == ({}, {})
    assert found.keep["r2"].annotation().value == "正面"


def test_of_decisions_of_one_moment_the_last_line_counts(tmp_path):
    write(tmp_path, "a.jsonl", *[line(decision="keep")] * 9, line(decision="drop"))
    assert final_decisions(read_decisions(tmp_path)).drop["r1"].place == "a.jsonl:10"


def test_two_reviewers_who_disagree_on_a_row_decide_nothing(tmp_path):
    write(tmp_path, "a.jsonl", line(decision="drop"), line("r2", "drop"))
    write(tmp_path, "b.jsonl", line(decision="keep", reviewer="bob", minute=9))
    found = final_decisions(read_decisions(tmp_path))
    assert set(found.disputed) == {"r1"}
    assert [one.reviewer for one in found.disputed["r1"]] == ["ann", "bob"]
    assert set(found.drop) == {"r2"}


@pytest.mark.parametrize("choice", ["drop", "keep"])
def test_what_decides_no_label_is_no_answer(tmp_path, choice):
    write(tmp_path, "a.jsonl", line(decision=choice))
    assert read_decisions(tmp_path)[0].annotation() is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"record_id": "a"}', "a.jsonl:1: decision: Field required"),
        (json.dumps(line(decision="maybe")), "a.jsonl:1: decision: Input should be"),
        (json.dumps({**line(), "created_at": "yesterday"}), "a.jsonl:1: created_at 'yesterday' is no ISO 8601 time"),
        ("not json", "a.jsonl:1"),
    ],
)
def test_an_unreadable_line_is_named(tmp_path, text, told):
    (tmp_path / "a.jsonl").write_text(text + "\n", "utf-8")
    with pytest.raises(PipelineError, match=r"a\.jsonl:1") as error:
        read_decisions(tmp_path)
    assert told in str(error.value)


def test_no_folder_an_empty_one_and_a_readme_hold_no_decisions(tmp_path):
    assert read_decisions(tmp_path / "none") == []
    (tmp_path / "README.md").write_text("about", "utf-8")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    assert read_decisions(tmp_path) == []
    assert not final_decisions([])
    (tmp_path / "list.csv").write_text("a", "utf-8")
    with pytest.raises(PipelineError, match=r"list\.csv"):
        read_decisions(tmp_path)
