"""Gold questions: records with a known answer, put among people's tasks (`.gold.json` beside the annotations)."""

from __future__ import annotations

from pathlib import Path

from pipeline.annotation.renamed_labels import new_value
from pipeline.annotation.sound_values import decoded
from pipeline.core.errors import PipelineError
from pipeline.core.record import as_json
from pipeline.core.settings import Task

#: The file; hidden, so that `label` does not read it as annotations.
GOLD = ".gold.json"


def read_gold(folder: Path, task: Task | None = None) -> dict[str, str]:
    """Record id -> known answer as canonical JSON; empty where no gold question was ever asked.

    With `task`, answers have the labels of today (`task.renamed`).
    """
    file = folder / GOLD
    if not file.is_file():
        return {}
    try:
        found = decoded(file.read_text("utf-8"))
        if isinstance(found, dict) and all(isinstance(value, str) for value in found.values()):
            return found if task is None else {n: as_json(new_value(decoded(v), task)) for n, v in found.items()}
    except ValueError:
        pass
    raise PipelineError(f"{file}: not readable: it must map record ids to answers.", "Restore it from version control.")
