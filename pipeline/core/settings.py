"""params.yaml: one section, one frozen typed class; anything unexpected stops the run.

The class of a section lives beside the code that uses it; only `Task`, which every
stage reads, lives here. The file is read as YAML 1.2, as DVC reads it: `no` is a word
and `1e-3` a number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.core.errors import PipelineError, shorten
from pipeline.core.registry import did_you_mean


class Settings(BaseModel):
    """Base of every settings class: frozen, strictly typed, no unknown keys.

    A setting that got another name stays known by the old one: `RENAMED` maps it to its new path below the same class
    (`batch_size`, `gate.min_cosine`), or, where it moved elsewhere, to its whole path after a slash
    (`/value.metric`). The old name then stops the run with 'renamed to ...' and is never read.
    """

    RENAMED: ClassVar[Mapping[str, str]] = {}

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NoSettings(Settings):
    """The settings class of what has no settings of its own, see `registry.Entry`."""


class Task(Settings):
    """Section `task`: what the model is to learn. Every stage reads it."""

    type: str  # a name in pipeline/tasks/__init__.py
    labels: tuple[str, ...] = ()  # the declared label set; empty for tasks without one
    languages: tuple[str, ...] = ("en",)  # ISO 639-1 codes the project accepts
    multi_label: bool = False  # classification only: several labels a record
    target_language: str | None = None  # translation only: the language of the target, such as zh
    range: tuple[float, float] | None = None  # regression only: smallest and largest number allowed

    @field_validator("labels", mode="before")
    @classmethod
    def _labels_are_written(cls, labels: object) -> object:
        if labels == "from_data":
            raise ValueError("from_data stands for labels that `collect` writes here; run it first: dvc repro collect")
        return tuple(labels) if isinstance(labels, list) else labels  # strict types: no JSON any more

    @model_validator(mode="after")
    def _labels_are_distinct(self) -> Task:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("labels holds the same label twice; remove one")
        if not self.languages:
            raise ValueError("languages is empty; name at least one, such as [en]")
        return self


Section = TypeVar("Section", bound=Settings)


def load(section: str, kind: type[Section], path: Path = Path("params.yaml")) -> Section:
    """The section called `section` of the file at `path`, as a `kind`."""
    values = read_params(path)
    if section not in values:
        raise PipelineError(f"{path}: the section '{section}' is missing.", did_you_mean(section, values))
    return parse(values[section] or {}, kind, f"{path}: {section}")


def load_optional(section: str, kind: type[Section], path: Path = Path("params.yaml")) -> Section:
    """The section called `section`, or its defaults where the file has none; a misspelt one is refused."""
    values = read_params(path)
    if section not in values:
        hint = did_you_mean(section, values)
        if hint.startswith("Did you mean"):
            raise PipelineError(f"{path}: no section is called '{section}', but one looks like it.", hint)
        return kind()
    return parse(values[section] or {}, kind, f"{path}: {section}")


def load_task(path: Path = Path("params.yaml")) -> Task:
    """The `task` section of the file at `path`."""
    return load("task", Task, path)


def read_params(path: Path) -> dict[str, object]:
    """The whole file as plain dictionaries and lists."""
    if not path.is_file():
        raise PipelineError(f"{path}: no such file.", "Run from the project's root, or write one: sft init --list")
    try:
        values = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
    except (YAMLError, UnicodeDecodeError, ValueError) as error:  # ValueError: a number of thousands of digits
        raise PipelineError(f"{path}: not readable as YAML: {shorten(error, 300)}", "Correct that line.") from None
    except RecursionError:
        raise PipelineError(f"{path}: not readable as YAML: nested too deeply.", "Flatten it.") from None
    except OSError as error:
        raise PipelineError(f"{path}: cannot be read: {error.strerror}.", "Check the file's permissions.") from None
    if not isinstance(values, dict):
        raise PipelineError(f"{path}: expected sections such as 'task:', found {type(values).__name__}.")
    _check_size(values, path)
    return values


#: Values that a params file may hold, aliases (`*name`) counted as often as they stand there. Ours have about 400; a
#: few lines of aliases on aliases stand for billions.
_MOST_VALUES = 100_000


def _check_size(values: dict[object, object], path: Path) -> None:
    """Refuse a file that holds itself, stands for too much, or has keys that are no words."""
    seen = 0
    todo: list[tuple[object, tuple[int, ...]]] = [(values, ())]
    while todo:
        value, above = todo.pop()
        seen += 1
        if id(value) in above:
            raise PipelineError(f"{path}: an alias (*name) stands inside what it stands for.", "Write it out.")
        if seen > _MOST_VALUES:
            raise PipelineError(f"{path}: holds more than {_MOST_VALUES:,} values.", "Are there aliases of aliases?")
        todo += [(item, (*above, id(value))) for item in _inside(value, path)]


def _inside(value: object, path: Path) -> Iterable[object]:
    """What a mapping or a list holds; the keys of a mapping must be words."""
    if isinstance(value, dict):
        _check_keys(value, path)
        return value.values()
    return value if isinstance(value, list) else ()


def _check_keys(mapping: dict[object, object], path: Path) -> None:
    for key in mapping:
        if not isinstance(key, str | int | float):
            raise PipelineError(f"{path}: the key {shorten(key)} is no word.", "Write it between quotes.")


def parse(values: object, kind: type[Section], where: str) -> Section:
    """`values` as a `kind`; every problem is reported at once, each by its full key."""
    try:
        # Through JSON: strict types, but lists may fill tuples.
        return kind.model_validate_json(json.dumps(values), strict=True)
    except TypeError as error:
        raise PipelineError(f"{where}: {error}", "Put dates and times between quotes.") from None
    except ValidationError as error:
        problems = [_explain(item, kind, where) for item in error.errors()]
        raise PipelineError("\n".join(problems)) from None


def _explain(item: ErrorDetails, kind: type[BaseModel], where: str) -> str:
    keys = [str(part) for part in item["loc"]]
    key = ".".join([where, *keys])
    if item["type"] == "extra_forbidden":
        owners = _kinds_at(kind, keys[:-1])
        for owner in owners:
            renamed = getattr(owner, "RENAMED", {})
            if keys[-1] in renamed:
                return f"{key}: renamed to {_new_path(renamed[keys[-1]], where, keys[:-1])}."
        return f"{key} is not a known setting. {did_you_mean(keys[-1], _known(owners))}"
    if item["type"] == "missing":
        return f"{key} is missing: it has no default."
    return (
        f"{key}: {item['msg'].removeprefix('Value error, ')} (found {shorten(json.dumps(item['input'], default=str))})"
    )


def _new_path(new: str, where: str, above: list[str]) -> str:
    """The whole path, from the section on, of a setting that now is `new` (see `Settings.RENAMED`)."""
    if new.startswith("/"):
        return new.removeprefix("/")
    section = where.rpartition(": ")[2]  # `params.yaml: train` or, of a single step, `params.yaml: clean.pii`
    return ".".join([section, *above, new])


def _known(kinds: list[type[BaseModel]]) -> list[str]:
    return sorted({name for k in kinds for name in k.model_fields})


def _kinds_at(kind: type[BaseModel], path: list[str]) -> list[type[BaseModel]]:
    """The settings classes at `path` below `kind`, looking through dictionaries and unions."""
    kinds = [kind]
    for part in path:
        kinds = [nested for k in kinds for nested in _nested(k, part)] or kinds
    return kinds


def _nested(kind: type[BaseModel], part: str) -> list[type[BaseModel]]:
    fields = kind.model_fields
    return _models_in(fields[part].annotation) if part in fields else []


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for inner in getattr(annotation, "__args__", ()) for m in _models_in(inner)]
