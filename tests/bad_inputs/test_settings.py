"""A wrong value for every setting of every section, and bad YAML: one message that names the setting or the file."""

from __future__ import annotations

import importlib
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task, parse, read_params
from pipeline.runtime.params_sections import SECTIONS


class Wrong:
    """No setting takes it: an object with a key that no settings class has."""

    values: tuple[Any, ...] = ({"no such key": [None]}, [[{"no such key": 1}]], "\ud800", float("nan"))


def settings_of(kind: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every setting below a settings class."""
    for name, field in kind.model_fields.items():
        yield (*above, name)
        inner = [field.annotation, *typing.get_args(field.annotation)]
        for part in inner:
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from settings_of(part, (*above, name))


def every_setting() -> list[tuple[str, tuple[str, ...]]]:
    found = []
    for section, place in SECTIONS.items():
        module, name = place.split(":")
        found += [(section, path) for path in settings_of(getattr(importlib.import_module(module), name))]
    return found


def _refusal(value: Any, section: str) -> str | None:
    """What a person is told, if the value is refused."""
    module, name = SECTIONS[section].split(":")
    try:
        parse(value, getattr(importlib.import_module(module), name), f"params.yaml: {section}")
    except PipelineError as error:
        return str(error)
    return None


def nested(path: tuple[str, ...], value: Any) -> Any:
    for name in reversed(path):
        value = {name: value}
    return value


@pytest.mark.parametrize(("section", "path"), every_setting(), ids=lambda x: x if isinstance(x, str) else ".".join(x))
def test_a_wrong_value_names_the_setting(section: str, path: tuple[str, ...]) -> None:
    told = [_refusal(nested(path, value), section) for value in Wrong.values]
    assert any(told), f"{section}.{'.'.join(path)} takes anything"
    for words in filter(None, told):
        assert path[0] in words or section in words, words
        assert len(words) < 3_000


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("value", ["words", 3, True, [1, 2], [{"a": 1}], {"no_such_setting": 1}], ids=str)
def test_a_section_of_another_shape(section: str, value: Any) -> None:
    module, name = SECTIONS[section].split(":")
    with pytest.raises(PipelineError) as error:
        parse(value, getattr(importlib.import_module(module), name), f"params.yaml: {section}")
    assert section in str(error.value)


YAMLS: dict[str, bytes] = {
    "empty": b"",
    "a list": b"- task\n- collect\n",
    "a word": b"task\n",
    "a number": b"1\n",
    "no utf-8": b"task: \xff\n",
    "nul": b"task: a\x00b\n",
    "tab": b"task:\n\ttype: chat\n",
    "open bracket": b"task: [a, b\n",
    "open quote": b'task: "a\n',
    "repeated key": b"task: {}\ntask: {}\n",
    "repeated key below": b"task: {type: chat, type: ner}\n",
    "unknown alias": b"task: *a\n",
    "alias in itself": b"task: &a [*a]\n",
    "aliases of aliases": b"a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 10)) for n in range(9)),
    "python object": b"task: !!python/object/apply:os.system [exit]\n",
    "unknown tag": b"task: !mine {a: 1}\n",
    "a key that is a list": b"task: {? [a, b] : 1}\n",
    "a key that is a mapping": b"? {a: 1}\n: 1\n",
    "deep": b"task: " + b"[" * 3_000 + b"]" * 3_000,
    "digits": b"task: " + b"9" * 5_000,
    "a date": b"task: 2020-13-45\n",
    "two documents": b"task: {}\n---\ntask: {}\n",
    "a directive": b"%YAML 9.9\n---\ntask: {}\n",
    "merge of a text": b"task: {<<: text}\n",
    "a mark in front": b"\xef\xbb\xbftask: [\n",
    "control sign": b"task: \x07\n",
    "utf-16": "task: {}\n".encode("utf-16"),
}


@pytest.mark.parametrize("content", YAMLS.values(), ids=YAMLS)
def test_bad_yaml(tmp_path: Path, content: bytes) -> None:
    """Refused in one message, or read as a mapping, whose parts the sections refuse."""
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    with pytest.raises(PipelineError, match=r"params\.yaml") as error:
        parse(read_params(path)["task"], Task, f"{path}: task")
    assert len(str(error.value)) < 1_500


@pytest.mark.parametrize("where", ["folder", "missing", "unreadable"])
def test_no_file(tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "params.yaml"
    if where == "folder":
        path.mkdir()
    elif where == "unreadable":
        path.write_text("task: {}\n", "utf-8")
        monkeypatch.setattr(Path, "read_text", _denied)
    with pytest.raises(PipelineError, match=r"params\.yaml"):
        read_params(path)


def _denied(*_: object) -> str:
    raise PermissionError(13, "Permission denied")
