"""Gold questions: records with a known answer, put among people's tasks (`.gold.json` beside the annotations)."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.core.errors import PipelineError


def read_gold(folder: Path) -> dict[str, str]:
    """Record id -> known answer as canonical JSON; empty where no gold question was ever asked."""
    file = folder / ".gold.json"
    if not file.is_file():
        return {}
    try:
        found = json.loads(file.read_text("utf-8"))
        if isinstance(found, dict) and all(isinstance(value, str) for value in found.values()):
            return found
    except ValueError:
        pass
    raise PipelineError(f"{file}: not readable: it must map record ids to answers.", "Restore it from version control.")
