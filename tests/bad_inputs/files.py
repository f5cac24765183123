"""A small sound file of every format, with the settings that read it."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

CLASSES = {"type": "classification", "labels": ["a", "b"], "languages": ["en", "zh"]}
CHAT = {"type": "chat", "languages": ["en", "zh"]}
NER = {"type": "ner", "labels": ["PER", "LOC"], "languages": ["en", "zh"]}
QA = {"type": "qa", "languages": ["en", "zh"]}
TRANSLATION = {"type": "translation", "languages": ["en", "zh"]}
REGRESSION = {"type": "regression", "languages": ["en", "zh"]}


@dataclass(frozen=True)
class Sound:
    """A file that reads without a complaint."""

    name: str
    content: bytes
    task: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _lines(rows: list[Any]) -> bytes:
    return b"".join(_json(row) + b"\n" for row in rows)


def parquet(rows: list[dict[str, Any]]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue()


ROWS = [
    {"id": "1", "text": "The service was friendly.", "label": "a"},
    {"id": "2", "text": "房间很干净，早餐也不错。", "label": "b"},
    {"id": "3", "text": "Nobody answered the phone.", "label": "b"},
]
_CSV = "id,text,label\n" + "".join(f'{row["id"]},"{row["text"]}",{row["label"]}\n' for row in ROWS)
_MESSAGES = [
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "你好"}]},
    {"messages": [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}]},
]
_SHAREGPT = [{"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]}]
_ALPACA = [{"instruction": "Add.", "input": "1 and 2", "output": "3"}]
_SQUAD = {
    "version": "1.1",
    "data": [
        {
            "title": "Rivers",
            "paragraphs": [
                {
                    "context": "The Rhine is 1,230 km long.",
                    "qas": [
                        {"id": "q1", "question": "How long?", "answers": [{"text": "1,230 km", "answer_start": 13}]},
                        {"id": "q2", "question": "Which river?", "answers": [{"text": "The Rhine", "answer_start": 0}]},
                    ],
                }
            ],
        }
    ],
}
_SPANS = [
    {"text": "Ada met Bo.", "spans": [{"start": 0, "end": 3, "label": "PER"}]},
    {"text": "她在北京。", "spans": [{"start": 2, "end": 4, "label": "LOC"}]},
]
_CONLL = "Ada B-PER\nmet O\nBo B-PER\n\n她 O\n在 O\n北 B-LOC\n京 I-LOC\n"
_TMX = """<?xml version="1.0" encoding="utf-8"?>
<tmx version="1.4"><header srclang="en"/><body>
<tu><tuv xml:lang="en"><seg>Good morning</seg></tuv><tuv xml:lang="zh"><seg>早上好</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>Thanks</seg></tuv><tuv xml:lang="zh"><seg>谢谢</seg></tuv></tu>
</body></tmx>
"""
_DIALOGUES = "conversations:\n- - Hello\n  - Hi, how can I help?\n- - 你好\n  - 您好\n"
_STUDIO = [
    {
        "id": 1,
        "data": {"text": "fine"},
        "annotations": [
            {
                "id": 5,
                "result": [{"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": ["a"]}}],
            }
        ],
    }
]

SOUND: dict[str, Sound] = {
    "csv": Sound("f.csv", _CSV.encode(), CLASSES, {"target": "label", "key": "id"}),
    "csv_gz": Sound("f.csv.gz", gzip.compress(_CSV.encode(), mtime=0), CLASSES, {"target": "label"}),
    "csv_utf16": Sound("f.csv", _CSV.encode("utf-16"), CLASSES, {"target": "label", "encoding": "utf-16"}),
    "csv_numbers": Sound("f.csv", b"text,score\nfine,1.5\nbad,-2\n", REGRESSION, {"target": "score"}),
    "tsv": Sound("f.tsv", _CSV.replace('"', "").replace(",", "\t").encode(), CLASSES, {"target": "label"}),
    "json": Sound("f.json", _json(ROWS), CLASSES, {"target": "label"}),
    "json_below": Sound("f.json", _json({"d": {"rows": ROWS}}), CLASSES, {"target": "label", "rows_at": "d.rows"}),
    "jsonl": Sound("f.jsonl", _lines(ROWS), CLASSES, {"target": "label", "key": "id"}),
    "parquet": Sound("f.parquet", parquet(ROWS), CLASSES, {"target": "label"}),
    "lines": Sound("f.txt", "one\n二\nthree\n".encode(), CLASSES, {"target_value": "a"}),
    "messages": Sound("f.jsonl", _lines(_MESSAGES), CHAT, {"format": "messages"}),
    "sharegpt": Sound("f.json", _json(_SHAREGPT), CHAT, {"format": "sharegpt"}),
    "alpaca": Sound("f.json", _json(_ALPACA), CHAT, {"format": "alpaca"}),
    "dialogues": Sound("f.yaml", _DIALOGUES.encode(), CHAT, {"format": "dialogues"}),
    "squad": Sound("f.json", _json(_SQUAD), QA, {"format": "squad"}),
    "spans": Sound("f.jsonl", _lines(_SPANS), NER, {"format": "spans"}),
    "conll": Sound("f.conll", _CONLL.encode(), NER, {"format": "conll"}),
    "tmx": Sound("f.tmx", _TMX.encode(), TRANSLATION, {"format": "tmx", "languages": ["en", "zh"]}),
    "label_studio": Sound("f.json", _json(_STUDIO), CLASSES, {"format": "label_studio", "role": "unlabelled"}),
}
