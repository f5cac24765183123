"""Public data sets of every task type, read whole: as many rows as SOURCE.txt says. Skipped where they are missing."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ENTITIES = ("corporation", "creative-work", "group", "location", "person", "product")
CLUENER = ("address", "book", "company", "game", "government", "movie", "name", "organization", "position", "scene")
WNUT = {"type": "ner", "labels": ENTITIES}
ZH_NER = {"type": "ner", "labels": CLUENER, "languages": ["zh"]}
QA = {"type": "qa", "languages": ["en", "zh"]}
CHAT = {"type": "chat", "languages": ["en", "zh"]}
TRANSLATION = {"type": "translation", "languages": ["en", "zh"], "target_language": "zh"}
REGRESSION = {"type": "regression", "languages": ["en", "zh"], "range": [0, 100]}
SUMMARIZATION = {"type": "summarization", "languages": ["zh"]}
MULTIDOGO = {"fields": {"text": "utterance"}, "group": "conversationId", "quotes": False}

ENGLISH, CHINESE = {"lang": "en"}, {"lang": "zh"}
MLQE_TSV = {"quotes": False, "fields": {"text": "original", "text_pair": "translation"}, "target": "mean"}
ALIGNED = {"format": "parallel", "beside": {"target": ".mt"}, "target": "target"}
PLAIN_TSV = {"columns": ["kind", "abstract", "title"], "quotes": False, "fields": {"text": "abstract"}}

#: Data set, file, task, settings; dropped rows by reason.
CASES: list[tuple[str, str, dict[str, Any], dict[str, Any], dict[str, int]]] = [
    ("wnut17", "wnut17train.conll", WNUT, {"format": "conll"}, {}),
    ("wnut17", "emerging.dev.conll", WNUT, {"format": "conll"}, {}),
    ("wnut17", "emerging.test.annotated", WNUT, {"format": "conll"}, {}),
    ("cluener", "train.json", ZH_NER, {"format": "spans", **CHINESE}, {}),
    ("cluener", "dev.json", ZH_NER, {"format": "spans", **CHINESE}, {}),
    ("xquad", "xquad.en.json", QA, {"format": "squad"}, {}),
    ("xquad", "xquad.zh.json", QA, {"format": "squad", **CHINESE}, {}),
    ("mlqe_pe_enzh", "dev.src", TRANSLATION, ALIGNED, {}),
    ("mlqe_pe_enzh", "dev.enzh.df.short.tsv", REGRESSION, MLQE_TSV, {}),
    ("csl_zh", "ts_dev.tsv", SUMMARIZATION, {**PLAIN_TSV, "target": "title", **CHINESE}, {}),
    ("multidogo_insurance", "dev.tsv", {}, MULTIDOGO, {"wrong_cell_count": 12}),
    ("multidogo_insurance", "test.tsv", {}, MULTIDOGO, {"wrong_cell_count": 7}),
    ("gsm8k", "test.jsonl", CHAT, {"fields": {"messages": "question"}, "target": "answer"}, {}),
    ("instruct_seeds", "seed_tasks.jsonl", CHAT, {"format": "alpaca", "key": "id"}, {}),
    ("instruct_seeds", "belle_zh_seed_tasks.json", CHAT, {"format": "alpaca", "key": "id", **CHINESE}, {}),
    ("instruct_seeds", "dolly_3k.json", CHAT, {"format": "alpaca"}, {}),
    ("instruct_seeds", "oaast_sft_zh.json", CHAT, {"format": "alpaca", **CHINESE}, {}),
]


def stated_rows(folder: Path, file: str) -> int:
    about = (folder / "SOURCE.txt").read_text("utf-8").split(f"file: {file}\n")[1]
    match = re.search(r"rows: (\d+)", about)
    assert match
    return int(match[1])


@pytest.mark.parametrize(("name", "file", "task", "source", "dropped"), CASES, ids=[f"{c[0]}/{c[1]}" for c in CASES])
def test_every_row_arrives(project, shared_data, name, file, task, source, dropped):
    path = {"path": str(shared_data / name / file)}
    if not task:
        intents = Counter(
            line.split("\t")[-1] for line in (shared_data / name / file).read_text("utf-8").split("\n")[1:]
        )
        task = {"type": "classification", "labels": sorted(label for label in intents if label)}
        source = {**source, "target": "intent"}
    found = project.collect({"languages": ["en"], **task}, **{**source, **path})
    assert found.report["in"] == stated_rows(shared_data / name, file)
    assert Counter(row["reason"] for row in found.dropped) == dropped
    assert all(row["target"] is not None for row in found.rows)


def test_the_tokens_and_entities_of_wnut17_are_all_there(project, shared_data):
    path = shared_data / "wnut17" / "emerging.dev.conll"
    found = project.collect({**WNUT, "languages": ["en"]}, path=str(path), format="conll")
    begins = sum("\tB-" in line for line in path.read_text("utf-8").split("\n"))
    assert sum(len(row["target"]) for row in found.rows) == begins
    assert sum(len(row["fields"]["text"].split(" ")) for row in found.rows) >= 15733


def test_the_surfaces_of_cluener_stand_where_its_spans_say(project, shared_data):
    import json

    path = shared_data / "cluener" / "dev.json"
    found = project.collect(ZH_NER, path=str(path), format="spans", lang="zh")
    decoder, text, place = json.JSONDecoder(), path.read_text("utf-8"), 0
    given: Counter[Any] = Counter()
    while place < len(text.rstrip()):
        row, place = decoder.raw_decode(text, place)
        place += len(text[place:]) - len(text[place:].lstrip())
        given.update((label, s) for label, all_ in row["label"].items() for s, places in all_.items() for _ in places)
    read = Counter(
        (span["label"], row["fields"]["text"][span["start"] : span["end"]])
        for row in found.rows
        for span in row["target"]
    )
    assert read == given


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_answers_of_xquad_stand_where_they_say(project, shared_data, lang):
    found = project.collect(QA, path=str(shared_data / "xquad" / f"xquad.{lang}.json"), format="squad", lang=lang)
    for row in found.rows:
        for answer in row["target"]:
            assert row["fields"]["context"][answer["start"] :].startswith(answer["text"])
    assert len({row["group"] for row in found.rows}) == len({row["fields"]["context"] for row in found.rows}) == 240
