"""Bad annotations: each value of each sound file below data/annotations taken out, or replaced by an awkward one."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.core.record import Record
from pipeline.core.settings import Task
from tests.bad_inputs.values import JSON_VALUES
from tests.label.conftest import CHAT, TASK, chat, record, text_id

NER = Task(type="ner", labels=("PER", "LOC"), languages=("en", "zh"))
_TIME = "2026-01-01T12:00:00.123456Z"
_HERE = "\uf8ff place \uf8ff"  # stands where the awkward value goes; no file holds it

CLASSES = (record("r1", "好", text="很好"), record("r2", "positive"), record("r3", "negative"))
SENTENCES = (record("r1", text="Ada met Bo."), record("r2", text="她在北京。"), record("r3", text="Nobody came."))
TALKS = (chat("r1"), chat("r2"), chat("r3"))


@dataclass(frozen=True)
class Sound:
    """A file that reads without a complaint: its path below the folder, its rows, and the records they are about."""

    name: str
    rows: Any
    task: Task
    records: tuple[Record, ...]

    def content(self, rows: Any = None) -> str:
        """The file's text: a line a row, or one document."""
        rows = self.rows if rows is None else rows
        if not self.name.endswith(".jsonl"):
            return json.dumps(rows, ensure_ascii=False)
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _line(record_id: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"record_id": record_id, "annotator": "小王", "value": value, "created_at": _TIME, **more}


def _region(name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"id": "x1", "from_name": name, "to_name": "text", "type": kind, "origin": "prediction", "value": value}


def _exported(record_id: str, text: Any, *result: dict[str, Any], **data: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "data": {"record_id": record_id, "key": "k", "text": text, **data},
        "annotations": [
            {
                "id": 5,
                "completed_by": {"id": 1, "email": "ann@example.org"},
                "updated_by": 1,
                "was_cancelled": False,
                "result": [*result],
                "created_at": _TIME,
                "updated_at": _TIME,
                "lead_time": 2.5,
                "parent_prediction": 3,
                "prediction": {"id": 3, "result": [*result]},
            }
        ],
    }


_SPAN = {"start": 0, "end": 3, "text": "Ada", "label": "PER"}
_MARK = _region("label", "labels", {"start": 0, "end": 3, "text": "Ada", "labels": ["PER"]})
_RATED = [_region("rating_helpful", "rating", {"rating": 4})]
_PAIRS = [
    _region(
        "preference",
        "choices",
        {"choices": ["first"], "pairs": [{"chosen": {"role": "assistant", "content": "a"}, "rejected": {"role": "b"}}]},
    )
]
_TWO = [{"role": "assistant", "content": "我很好。"}, {"role": "assistant", "content": "不好。"}]
_SAID = {"role": "assistant", "content": "我很好，谢谢。"}
_ALL_FIELDS = {
    "lead_time": 2.5,
    "prelabel": "accepted",
    "text_id": text_id(CLASSES[0]),
    "key": "k1",
    "studio": "m/1/2",
    "comment": "sure?",
    "unsure": True,
    "more": [_region("other", "choices", {"choices": ["x"]})],
    "adjudicated": False,
    "overwrote": None,
}
_DECISION = {"decision": "change", "reviewer": "Li", "created_at": _TIME, "list": "label_errors", "text_id": None}
_PUSHED = {
    "projects": {"m": {"url": "http://localhost:8080", "id": 1}},
    "tasks": {"r1": {"project": "m", "text_id": "t", "key": "k", "task": 3, "shown": True, "prelabel": '"好"'}},
}

SOUND: dict[str, Sound] = {
    "lines": Sound(
        "a.jsonl", [_line("r1", "好", **_ALL_FIELDS), _line("r2", "positive"), _line("r3", "好")], TASK, CLASSES
    ),
    "skipped": Sound("a.jsonl", [_line("r1", None, state="unreadable", detail="no", result=[])], TASK, CLASSES),
    "spans": Sound("a.jsonl", [_line("r1", [_SPAN]), _line("r3", [])], NER, SENTENCES),
    "rated": Sound("a.jsonl", [_line("r1", _SAID, more=_RATED), _line("r2", _SAID, more=_PAIRS)], CHAT, TALKS),
    "export": Sound(
        "e.json",
        [
            _exported("r1", "很好", _region("label", "choices", {"choices": ["好"]})),
            _exported("r2", "text of r2", _region("label", "choices", {"choices": ["positive"]})),
        ],
        TASK,
        CLASSES,
    ),
    "spans_export": Sound("e.json", [_exported("r1", "Ada met Bo.", _MARK)], NER, SENTENCES),
    "chosen_export": Sound(
        "e.json",
        [
            _exported(
                "r1",
                None,
                _region("preference", "choices", {"choices": ["first"]}),
                _region("comment", "textarea", {"text": ["better"]}),
                _region("unsure", "choices", {"choices": ["unsure"]}),
                candidates=_TWO,
            )
        ],
        CHAT,
        TALKS,
    ),
    "written_export": Sound(
        "e.json",
        [_exported("r1", None, _region("reply", "textarea", {"text": ["我很好。"]}), *_RATED)],
        CHAT,
        TALKS,
    ),
    "small_export": Sound(
        "m.json",
        [
            {
                "id": 7,
                "record_id": "r1",
                "text": "很好",
                "annotation_id": 5,
                "annotator": 1,
                "label": "好",
                "comment": "yes",
                "unsure": "unsure",
                "created_at": _TIME,
                "updated_at": _TIME,
                "lead_time": 2.5,
            }
        ],
        TASK,
        CLASSES,
    ),
    "decisions": Sound(
        "decisions/d.jsonl",
        [{"record_id": "r1", "value": "positive", **_DECISION}, {"record_id": "r2", "value": "好", **_DECISION}],
        TASK,
        CLASSES,
    ),
    "gold": Sound(".gold.json", {"r1": '"好"', "r2": '"positive"'}, TASK, CLASSES),
    "pushed": Sound(".pushed.json", _PUSHED, TASK, CLASSES),
}


def _places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value below `value`."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*above, key)
        yield from _places(one, (*above, key))


def _changed(value: Any, path: tuple[Any, ...], *new: Any) -> Any:
    """The value with what stands at `path` replaced, or taken out where `new` is empty."""
    if isinstance(value, list):
        return [one for n, old in enumerate(value) for one in _at(old, n, path, new)]
    return {key: one for key, old in value.items() for one in _at(old, key, path, new)}


def _at(old: Any, key: Any, path: tuple[Any, ...], new: tuple[Any, ...]) -> tuple[Any, ...]:
    if key != path[0]:
        return (old,)
    return new if len(path) == 1 else (_changed(old, path[1:], *new),)


def cases(sound: Sound) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every bad file that is made of a sound one: each place without its value and with awkward ones.

    Of lists that hold several rows only the first is damaged: the others are to be read as if nothing were wrong.
    """
    for path in _places(sound.rows):
        if path[0] == 0 or isinstance(sound.rows, dict):
            name = ".".join(map(str, path))
            yield f"{name} missing", sound.content(_changed(sound.rows, path)).encode()
            text = sound.content(_changed(sound.rows, path, _HERE))
            for awkward, value in JSON_VALUES.items():
                yield f"{name} {awkward}", text.replace(json.dumps(_HERE, ensure_ascii=False), value).encode()


#: Name -> what happens to the bytes of a whole file.
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "half": lambda content: content[: len(content) // 2],
    "all_but_one": lambda content: content[:-2],
    "nul_bytes": lambda content: bytes(4_096),
    "no_utf_8": lambda content: b"\xff" + content,
    "utf_16": lambda content: content.decode().encode("utf-16"),
    "gb18030": lambda content: content.decode().encode("gb18030"),
    "mark_in_front": lambda content: b"\xef\xbb\xbf" + content,
    "packed": lambda content: gzip.compress(content, mtime=0),
    "foreign": lambda content: b"<html>502 Bad Gateway</html>",
    "a_list": lambda content: b"[1]\n",
    "a_number": lambda content: b"1\n",
    "deep": lambda content: b"[" * 100_000,
    "deep_and_closed": lambda content: b"[" * 50_000 + b"]" * 50_000,
    "digits": lambda content: b"9" * 5_000,
    "merge_conflict": lambda content: b"<<<<<<< HEAD\n" + content + b"=======\n" + content + b">>>>>>> other\n",
    "twice": lambda content: content + content,
    "old_line_ends": lambda content: content.replace(b"\n", b"\r"),
    "windows_line_ends": lambda content: content.replace(b"\n", b"\r\n"),
}
