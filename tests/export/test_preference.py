"""Preference pairs of judged candidates; those of people's corrections are in test_files.py."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.annotation.annotations import Annotation, parse_time
from pipeline.annotation.candidates import read_candidates
from pipeline.commands.export import add_arguments, run
from pipeline.core.errors import PipelineError
from pipeline.core.record import Decision, Record
from pipeline.core.settings import Task
from pipeline.export.files import write
from pipeline.export.preference import Pairs, compared
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_table, write_table
from tests import chats
from tests.strategies import record

CHAT = Task(type="chat", languages=("en", "zh"))
TOOLS = json.dumps([{"type": "function", "function": {"name": "order", "parameters": {"type": "object"}}}])


def asked(id: str, text: str, split: str = "train", target: str | None = "好的。", group: str | None = None) -> Record:
    fields = chats.fields([("system", "请客气。"), ("user", text)]) | {"tools": TOOLS}
    by = Decision("source:desk") if target else None
    return record(fields, chats.reply(target), id=id, split=split, group=group or id, labels_by=by)


def candidate(id: str, reply: object, score: float | None = None, **more: object) -> dict[str, object]:
    return {"record_id": id, "reply": reply, **({} if score is None else {"score": score}), **more}


def project(folder: Path, records: list[Record], candidates: list[dict[str, object]]) -> dict[str, Path]:
    write_table(to_table(records, schema(CHAT)), folder / "records.parquet")
    (folder / "candidates").mkdir()
    lines = (json.dumps(one, ensure_ascii=False) + "\n" for one in candidates)
    (folder / "candidates" / "judge.jsonl").write_text("".join(lines), "utf-8")
    return {"records": folder / "records.parquet", "candidates": folder / "candidates"}


def pairs(folder: Path, paths: dict[str, Path], margin: float = 0.0) -> dict[str, list[dict[str, object]]]:
    given = Pairs(read_candidates(paths["candidates"]), margin)
    done = write(folder, "preference", CHAT, folder / "out", records=paths["records"], pairs=given)
    return {file.stem: [json.loads(line) for line in file.read_text("utf-8").splitlines()] for file in done.files}


def test_the_best_scored_reply_is_chosen_over_the_worst(tmp_path: Path) -> None:
    call = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "order", "arguments": {"n": 2}}}]}
    thought = {"role": "assistant", "content": "OK.", "reasoning_content": "They want one."}
    paths = project(
        tmp_path,
        [asked("a", "退货？"), asked("b", "Order one."), asked("c", "在吗"), asked("d", "几点？", split="test")],
        [
            candidate("a", "不行", scores={"correct": 1, "helpful": 2}, judged_by="judge:rubric", by="model:small"),
            candidate("a", "可以，七天内。", scores={"correct": 5, "helpful": 4}, judged_by="judge:rubric"),
            candidate("a", "可以", scores={"correct": 5, "helpful": 3}, judged_by="judge:rubric"),
            candidate("b", call, 0.9, judged_by="ann@example.org"),
            candidate("b", thought, 0.2),
            candidate("c", "在", 0.5),
            candidate("c", "在的", 0.5),  # as good: no pair
            candidate("d", "九点", 1.0),
            candidate("d", "九点"),  # nobody judged it
        ],
    )
    found = pairs(tmp_path, paths)
    first: Any
    second: Any
    first, second = found["train"]
    assert set(found) == {"train"}
    assert (first["chosen"][0]["content"], first["rejected"][0]["content"]) == ("可以，七天内。", "不行")
    assert (first["by"], first["score_chosen"], first["score_rejected"]) == ("judge:rubric", 4.5, 1.5)
    assert [turn["role"] for turn in first["prompt"]] == ["system", "user"]
    assert second["chosen"][0]["tool_calls"][0]["function"] == {"name": "order", "arguments": {"n": 2}}
    assert second["rejected"][0]["reasoning_content"] == "They want one."
    assert second["by"] == "ann@example.org"
    assert second["tools"]
    assert [row["id"] for row in pairs(tmp_path, paths, margin=1.0)["train"]] == ["a"]


def test_people_who_compared_are_named_without_their_address() -> None:
    told = {"chosen": chats.reply("好。"), "rejected": chats.reply("不。")}
    more = [{"from_name": "preference", "value": {"pairs": [told]}}]
    moment = parse_time("2026-01-31T12:00:00Z")
    answers = [Annotation("a", who, "", moment, "f:1", more=more) for who in ("ann@example.org", "小王")]
    first, second = [pair.by for pair in compared(answers)["a"]]
    assert first.startswith("human:annotator-")
    assert second == "human:小王"


def test_prompts_without_a_reply_give_pairs_unless_a_copy_is_held_out(tmp_path: Path) -> None:
    records = [
        asked("open", "几点开门？", "unlabelled", None),
        asked("copy", "几点关门？", "unlabelled", None, group="g"),
        asked("test", "几点关门", "test", group="g"),
    ]
    candidates = [candidate(id, reply, n) for id in ("open", "copy") for n, reply in enumerate(["不知道", "九点。"])]
    assert [row["id"] for row in pairs(tmp_path, project(tmp_path, records, candidates))["train"]] == ["open"]


def test_a_correction_and_judged_candidates_of_one_record_are_two_pairs(tmp_path: Path) -> None:
    human = Decision("human:小王", 1.0)
    better = asked("a", "退货？", target="不能").derive("label", target=chats.reply("可以。"), labels_by=human)
    paths = project(tmp_path, [better], [candidate("a", "能", 1), candidate("a", "不能", 0)])
    assert [row["by"] for row in pairs(tmp_path, paths)["train"]] == ["human:小王", "score"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "judge.jsonl:2"),
        ('{"record_id": "a"}', "reply is missing"),
        ('{"record_id": "a", "reply": ["x"]}', "not_a_text"),
        ('{"record_id": "a", "reply": {"role": "user", "content": "x"}}', "not_a_reply"),
        ('{"record_id": "a", "reply": "x", "skore": 1}', "Did you mean 'score'"),
        ('{"record_id": "a", "reply": "x", "score": "high"}', "score"),
        ('{"record_id": "a", "reply": "x", "score": NaN}', "score"),
    ],
)
def test_lines_that_cannot_be_read_are_named(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "judge.jsonl").write_text(f"{json.dumps(candidate('a', '好', 1))}\n{line}\n", "utf-8")
    with pytest.raises(PipelineError) as caught:
        read_candidates(tmp_path)
    assert said in str(caught.value)
    assert "judge.jsonl:2" in str(caught.value)


def test_no_folder_is_no_candidates_and_the_command_says_whose_records_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read_candidates(tmp_path / "none") == {}
    candidates = [candidate(id, reply, n) for id in ("a", "gone") for n, reply in enumerate(["不", "好"])]
    paths = project(tmp_path, [asked("a", "可以吗？")], candidates)
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("task: {type: chat, languages: [zh]}\n")
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    given = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    run(parser.parse_args(["--form", "preference", "--out", "out", *given]))
    assert "left out: 1 unknown_record" in capsys.readouterr().out


def test_people_who_compared_name_records_by_their_sources_key_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = asked("a", "可以吗？")
    paths = project(tmp_path, [replace(known, source=replace(known.source, key="ticket-7"))], [])
    told = {"chosen": chats.reply("可以。"), "rejected": chats.reply("不。")}
    more = [{"from_name": "preference", "value": {"pairs": [told]}}]
    line = {"annotator": "小王", "value": chats.reply("可以。"), "created_at": "2026-01-31T12:00:00Z", "more": more}
    (tmp_path / "annotations").mkdir()
    lines = "".join(json.dumps(line | {"key": key}) + "\n" for key in ("ticket-7", "ticket-8"))
    (tmp_path / "annotations" / "a.jsonl").write_text(lines, "utf-8")
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("task: {type: chat, languages: [zh]}\n")
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    given = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    run(parser.parse_args(["--form", "preference", "--out", "out", "--annotations", "annotations", *given]))
    assert "left out: 1 unknown_record" in capsys.readouterr().out
    [pair] = map(json.loads, Path("out/preference/train.jsonl").read_text("utf-8").splitlines())
    assert (pair["id"], pair["by"]) == ("a", "human:小王")
