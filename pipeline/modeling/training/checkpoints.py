"""Checkpoints of interrupted runs: which one to go on from."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

from pipeline.core.errors import shorten

log = logging.getLogger("pipeline")


def newest(checkpoints: Path) -> str | None:
    """The newest checkpoint that can be read whole, or None.

    Half-written ones (their state file is written last) and damaged ones are removed with a note: going on from an
    older one, or from the start, leads to the same weights.
    """
    found = sorted(checkpoints.glob("checkpoint-*"), key=lambda folder: -_step(folder))
    for folder in found:
        why = _damage(folder)
        if why is None:
            log.info("train     going on from %s of an interrupted run", folder.name)
            return str(folder)
        log.warning("train     %s of an interrupted run is damaged and left out: %s", folder.name, why)
        shutil.rmtree(folder)
    return None


def _step(folder: Path) -> int:
    return int(folder.name.rpartition("-")[2])


def _damage(folder: Path) -> str | None:
    """Why this checkpoint cannot be gone on from; None where it can."""
    import torch
    from safetensors import safe_open

    if not (folder / "trainer_state.json").is_file():
        return "it was never finished"
    weights = [*folder.glob("*.safetensors"), *folder.glob("pytorch_model*.bin")]
    if not weights:
        return "it holds no weights"
    try:
        json.loads((folder / "trainer_state.json").read_text("utf-8"))
        for file in weights:
            if file.suffix == ".safetensors":
                with safe_open(file, "pt") as opened:
                    opened.keys()
        for name in ("optimizer.pt", "scheduler.pt"):
            torch.load(folder / name, map_location="cpu", weights_only=True)
    except Exception as error:  # unpickling raises what it likes
        return f"{type(error).__name__}: {shorten(error, 100)}"
    return None
