"""Damaged files between stages: every stage ends right, or in one clear message, whatever was done to what it reads.

A file of each kind is damaged for each stage that reads it; all files of all stages with SFT_FUZZ_ALL=1.
"""

from __future__ import annotations

import os
import random
import traceback
from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from tests.bad_inputs import built
from tests.bad_inputs.damage import damages, restore
from tests.bad_inputs.outcome import MOST_SIGNS
from tests.fixture_types import RecordProperty

#: Damages tried on each file, drawn with a fixed seed; all of them with SFT_FUZZ_ALL=1.
TRIED = 0 if os.environ.get("SFT_FUZZ_ALL") else 8
STAGES = ("clean", "label", "augment", "validate", "train", "value", "evaluate", "report")
KINDS = (".parquet", ".json", ".safetensors", ".jsonl")


def _files(stage: str) -> list[Path]:
    below = [Path(name) for name in built.reads(stage)]
    files = [f for p in below for f in ([p] if p.is_file() else sorted(f for f in p.rglob("*") if f.is_file()))]
    return [file for file in files if file.suffix in KINDS]


@pytest.mark.parametrize("stage", STAGES)
def test_damaged_files_between_stages(
    finished_project: Path,
    stage: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: RecordProperty,
) -> None:
    monkeypatch.chdir(finished_project)
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))
    inputs = next(inputs for name, inputs, _ in built.stages() if name == stage)
    counts, wrong = {"right": 0, "refused": 0}, list[str]()
    for path in _files(stage):
        content, all_of_it = path.read_bytes(), list(damages(path))
        rng = random.Random(f"{stage} {path}")
        for name, change in rng.sample(all_of_it, min(TRIED or len(all_of_it), len(all_of_it))):
            out = tmp_path / f"{path.name}.{name}"
            out.mkdir(exist_ok=True)
            try:
                change(path)
                built.run(stage, inputs, out)
                counts["right"] += 1
            except PipelineError as error:
                counts["refused"] += 1
                wrong += [f"{path} {name}: {len(str(error))} signs"] if len(str(error)) > MOST_SIGNS else []
            except Exception:
                wrong.append(f"{path} {name}: {traceback.format_exc()[-300:]}")
            finally:
                restore(path, content)
    record_property("counts", f"stage files, {stage}: " + ", ".join(f"{n} {end}" for end, n in counts.items()))
    assert not wrong, "\n".join(wrong)
    assert counts["refused"], "no damage was noticed"
