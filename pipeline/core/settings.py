"""params.yaml: one section, one frozen typed class; anything unexpected stops the run.

The class of a section lives beside the code that uses it; only `Task`, which every
stage reads, lives here. The file is read as YAML 1.2, as DVC reads it: `no` is a word
and `1e-3` a number.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.core.errors import PipelineError, shorten
from pipeline.core.registry import did_you_mean

log = logging.getLogger("pipeline")


def _compiles(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return value


#: A setting that holds a regular expression; one that Python's `re` cannot read stops the run.
RegularExpression = Annotated[str, AfterValidator(_compiles)]


class Settings(BaseModel):
    """Base of every settings class: frozen, strictly typed, no unknown keys.

    A setting that got another name stays known by the old one: `RENAMED` maps it to its new path below the same class
    (`batch_size`, `gate.min_cosine`), or, where it moved elsewhere, to its whole path after a slash
    (`/value.metric`). A value under an old name is read as the new one's, with a notice; where both are set, or the new
    one is in another section, the run stops with 'renamed to ...'.
    """

    RENAMED: ClassVar[Mapping[str, str]] = {}

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NoSettings(Settings):
    """The settings class of what has no settings of its own, see `registry.Entry`."""


#: In the place of labels: `collect` reads them from the sources and writes them here.
FROM_DATA = "from_data"


class Task(Settings):
    """Section `task`: what the model is to learn. Every stage reads it."""

    type: str  # a name in pipeline/tasks/__init__.py
    labels: tuple[str, ...] = ()  # the declared label set; empty for tasks without one
    languages: tuple[str, ...] = ("en",)  # ISO 639-1 codes the project accepts
    multi_label: bool = False  # classification only: several labels a record
    target_language: str | None = None  # translation only: the language of the target, such as zh
    range: tuple[float, float] | None = None  # regression only: smallest and largest number allowed
    renamed: dict[str, str] = Field(default_factory=dict)  # old label -> its name today, for answers given before

    @field_validator("labels", mode="before")
    @classmethod
    def _labels_are_written(cls, labels: object) -> object:
        if labels == FROM_DATA:
            raise ValueError("from_data stands for labels that `collect` writes here; run it first: dvc repro collect")
        return tuple(labels) if isinstance(labels, list) else labels  # strict types: no JSON any more

    @model_validator(mode="after")
    def _labels_are_distinct(self) -> Task:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("labels holds the same label twice; remove one")
        if not self.languages:
            raise ValueError("languages is empty; name at least one, such as [en]")
        strange = [new for old, new in self.renamed.items() if new not in self.labels or old in self.labels]
        if strange:
            raise ValueError(f"renamed maps names that labels does not hold to those it holds: look at '{strange[0]}'")
        return self


Section = TypeVar("Section", bound=Settings)


def load(section: str, kind: type[Section], path: Path = Path("params.yaml")) -> Section:
    """The section called `section` of the file at `path`, as a `kind`."""
    values = read_params(path)
    if section not in values:
        raise PipelineError(f"{path}: the section '{section}' is missing.", did_you_mean(section, values))
    return parse(_or_empty(values[section]), kind, f"{path}: {section}")


def load_optional(section: str, kind: type[Section], path: Path = Path("params.yaml")) -> Section:
    """The section called `section`, or its defaults where the file has none; a misspelt one is refused."""
    values = read_params(path)
    if section not in values:
        hint = did_you_mean(section, values)
        if hint.startswith("Did you mean"):
            raise PipelineError(f"{path}: no section is called '{section}', but one looks like it.", hint)
        return kind()
    return parse(_or_empty(values[section]), kind, f"{path}: {section}")


def _or_empty(values: object) -> object:
    """What a section holds; nothing where only its name stands there."""
    return {} if values is None else values


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
#: few lines of aliases on aliases stand for billions. A guess: not measured.
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
        return _validated(values, kind)
    except TypeError as error:
        raise PipelineError(f"{where}: {error}", "Put dates and times between quotes.") from None
    except ValidationError as error:
        problems = error.errors()
    moved = with_new_names(values, problems, kind, where)
    if moved is not None:
        return parse(moved, kind, where)
    raise PipelineError("\n".join(_explain(item, kind, where) for item in problems))


def _validated(values: object, kind: type[Section]) -> Section:
    """Through JSON: strict types, but lists may fill tuples."""
    return kind.model_validate_json(json.dumps(values), strict=True)


def with_new_names(
    values: object, problems: Sequence[ErrorDetails], kind: type[BaseModel], where: str
) -> object | None:
    """The values with every renamed setting under its new name, told once each; None where there is none to move."""
    moved, notices = json.loads(json.dumps(values)), []
    for item in problems:
        new = _renamed(item, kind)
        if item["type"] != "extra_forbidden" or new is None or new.startswith("/"):
            continue
        *above, old = [str(part) for part in item["loc"]]
        place = _below(moved, above)
        if place is None or not _put(place, new.split("."), place.get(old)):
            return None
        del place[old]
        notices.append(f"{'.'.join([where, *above, old])} is called {_new_path(new, where, above)} now; read as that")
    for notice in notices:
        _tell(notice)
    return moved if notices else None


def _renamed(item: ErrorDetails, kind: type[BaseModel]) -> str | None:
    keys = [str(part) for part in item["loc"]]
    owners = _kinds_at(kind, keys[:-1])
    return next(
        (new for owner in owners for old, new in getattr(owner, "RENAMED", {}).items() if [old] == keys[-1:]), None
    )


def _below(values: object, path: Sequence[str]) -> dict[str, object] | None:
    for part in path:
        if isinstance(values, list) and part.isdigit():
            values = values[int(part)]
        elif isinstance(values, dict) and part in values:
            values = values[part]
        else:
            return None
    return values if isinstance(values, dict) else None


def _put(place: dict[str, object], path: Sequence[str], value: object) -> bool:
    """Set a value at a path of keys; false where one is set there already."""
    for part in path[:-1]:
        inner = place.setdefault(part, {})
        if not isinstance(inner, dict):
            return False
        place = inner
    if path[-1] in place:
        return False
    place[path[-1]] = value
    return True


@cache
def _tell(notice: str) -> None:
    log.warning("%s", notice)


def _explain(item: ErrorDetails, kind: type[BaseModel], where: str) -> str:
    keys = [str(part) for part in item["loc"]]
    key = ".".join([where, *keys])
    if item["type"] == "extra_forbidden":
        renamed = _renamed(item, kind)
        if renamed is not None:
            return f"{key}: renamed to {_new_path(renamed, where, keys[:-1])}."
        return f"{key} is not a known setting. {did_you_mean(keys[-1], _known(_kinds_at(kind, keys[:-1])))}"
    if item["type"] == "missing":
        return f"{key} is missing: it has no default."
    found = shorten(json.dumps(item["input"], default=str, ensure_ascii=False))
    return f"{key}: {item['msg'].removeprefix('Value error, ')} (found {found})"


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
