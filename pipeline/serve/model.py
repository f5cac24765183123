"""The model that a server answers with: loaded on first use, loaded again when training wrote a new one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock

from pipeline.core.errors import PipelineError
from pipeline.core.json_types import Json
from pipeline.core.record import Fields, Reject, Row, as_json, content_id
from pipeline.core.settings import Task, parse
from pipeline.modeling.prediction import Prediction, Predictor
from pipeline.modeling.predictor import load_predictor
from pipeline.tasks import task_type

#: Characters of one row, as JSON, on every route. A guess: not measured.
MAX_CHARACTERS = 100_000


class ServedModel:
    """The model in `folder`. Threads may share it: one request is answered at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = Lock()
        self._loaded: tuple[str, Predictor] | None = None

    def task(self) -> Task:
        """What the model was trained for."""
        return parse(_settings(self.folder)["task"], Task, f"{self.folder / 'sft.json'}: task")

    def version(self) -> str:
        """Changes whenever training writes other files: 12 hex digits of their names, sizes and times."""
        _settings(self.folder)
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        marks = [f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
        return content_id(*marks)[:12]

    def predict(self, rows: Sequence[Row]) -> tuple[str, list[Prediction]]:
        """The version that answered, and one prediction per row (columns as `TaskType.row` has them)."""
        with self._lock:
            now = self.version()
            if self._loaded is None or self._loaded[0] != now:
                self._loaded = (now, load_predictor(self.folder))
            return now, self._loaded[1].predict(rows) if rows else []


def _settings(folder: Path) -> dict[str, Json]:
    file = folder / "sft.json"
    if not file.is_file():
        raise PipelineError(f"{folder}: no trained model there.", "Train one: dvc repro train")
    settings: dict[str, Json] = json.loads(file.read_text("utf-8"))
    return settings


#: Kind of field -> the types that a request may give it as; the first is the usual one.
_WANTED: Mapping[str, tuple[type, ...]] = {"messages": (list,), "json": (list, dict, str)}


def _checked(value: object, name: str, wanted: tuple[type, ...], optional: bool) -> object:
    if value is None and not optional:
        raise Reject("missing_field", f"there is no '{name}'")
    if value is not None and not isinstance(value, wanted):
        raise Reject("not_text", f"'{name}' must be a {wanted[0].__name__}")
    return value


def model_row(values: Mapping[str, object], task: Task) -> Fields:
    """The input columns of one row. Raises Reject (missing_field, not_text, too_long) where a field cannot be used."""
    kind = task_type(task)
    row: dict[str, object] = {}
    for name, form in kind.FIELDS.items():
        optional = name in kind.OPTIONAL
        value = _checked(values.get(name), name, _WANTED.get(form, (str,)), optional)
        row[name] = value or None if optional else value
    try:
        text = as_json(row)
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Reject("not_text", "half of a character (a lone surrogate)") from None
    if len(text) > MAX_CHARACTERS:
        raise Reject("too_long", f"longer than {MAX_CHARACTERS:,} characters")
    return kind.parse(row, None, task)[0]
