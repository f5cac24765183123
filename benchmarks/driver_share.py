"""How much of a run the driver does itself: the CPU time outside of what an engine sends to its workers.

    python -m benchmarks.driver_share 20000              # rows; all data stages, short rows, TF-IDF, with label errors
    python -m benchmarks.driver_share 20000 embeddings   # the encoder of the default project
    python -m benchmarks.driver_share 20000 60000        # and what 1,000,000 rows take if it goes on like that

Every stage runs once in a process of its own, nothing cached, with `engine: {kind: daft}`, but what would go to a
worker is done in that process too: parts are packed and results unpacked as they would be, which counts for the
driver, as does loading of libraries. The bar is a driver's share of at most 10 %.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.increment import STAGES, default_encoder, start
from benchmarks.memory import COMMANDS, ROOT, short_rows

#: Runs a stage and leaves the CPU seconds within parts of tables and of the whole process in a file.
RUNNER = """
import json, runpy, sys, time
from pathlib import Path
from pipeline.runtime import engine
spent = [0.0]
def on_daft(self, work, parts):
    for part in parts:
        plain = engine.packed(part)
        started = time.process_time()
        result = engine._run(work, plain)
        spent[0] += time.process_time() - started
        yield engine._result(result)
engine.Engine._on_daft = on_daft
place, stage, *sys.argv[1:] = sys.argv[1:]
sys.argv[0] = stage
try:
    runpy.run_module(f"pipeline.{stage}", run_name="__main__")
finally:
    Path(place).write_text(json.dumps([spent[0], time.process_time()]))
"""
GOAL = 1_000_000

#: Of each stage, CPU seconds in parts and of the driver.
Spent = dict[str, tuple[float, float]]


def main() -> None:
    """One line a stage, and the share of all; of two sizes the same for a million rows."""
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()] or [20_000]
    encoder = default_encoder() if "embeddings" in sys.argv else "{name: tfidf}"
    found = {}
    for size in sizes:
        print(f"{size:,} rows", flush=True)
        found[size] = measured(size, encoder)
    if len(found) > 1:
        print(f"{GOAL:,} rows, if it goes on as from {sizes[-2]:,} to {sizes[-1]:,}")
        for name in found[sizes[0]]:
            few, many = (found[size][name] for size in sizes[-2:])
            told(
                name,
                *(a + (b - a) * (GOAL - sizes[-2]) / (sizes[-1] - sizes[-2]) for a, b in zip(few, many, strict=True)),
            )


def measured(count: int, encoder: str) -> Spent:
    """Run every stage on so many rows; tells of each when it is done."""
    found: Spent = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        start(folder, list(short_rows(count)), encoder)
        with (folder / "params.yaml").open("a", encoding="utf-8") as params:
            params.write("engine: {kind: daft}\n")
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "SFT_CACHE": str(folder / "cache")}
        for stage in STAGES:
            command = [sys.executable, "-c", RUNNER, str(Path(place) / "spent"), stage, *COMMANDS[stage].split()]
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(done.stderr[-3000:])
            mapped, whole = json.loads((Path(place) / "spent").read_text("utf-8"))
            found[stage] = mapped, whole - mapped
            told(stage, *found[stage])
    mapped, driver = (sum(one[n] for one in found.values()) for n in (0, 1))
    told("all", mapped, driver)
    return {**found, "all": (mapped, driver)}


def told(name: str, mapped: float, driver: float) -> None:
    """CPU seconds, and the share that does not leave the driver."""
    whole = mapped + driver
    print(f"{name:9} {whole:7.1f} CPU s, of them {mapped:.1f} in parts: driver {driver / whole:.0%}", flush=True)


if __name__ == "__main__":
    main()
