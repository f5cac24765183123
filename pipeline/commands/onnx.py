"""`sft onnx`: the trained encoder as ONNX, checked against the original and timed beside it."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NotRequired, TypedDict

from pipeline.commands.json_output import add_json, write_as_json
from pipeline.commands.predict import input_fields
from pipeline.core.errors import PipelineError
from pipeline.core.record import Row, as_json
from pipeline.modeling.prediction import Prediction, Predictor
from pipeline.modeling.predictor import load_predictor
from pipeline.runtime.store import write_json

#: Largest difference of a confidence or score that is rounding and not a fault.
#: A guess; measured differences are below 1e-6.
TOLERANCE = 1e-3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `sft onnx`."""
    parser.add_argument("--model", type=Path, default=Path("data/train/model"), help="a folder that train wrote")
    parser.add_argument("--out", type=Path, default=Path("data/train/onnx"), help="the folder to write")
    parser.add_argument(
        "--dataset", type=Path, default=Path("data/validate/dataset"), help="whose dev rows check the copy"
    )
    parser.add_argument("--rows", type=int, default=200, help="dev rows that are compared and timed")
    parser.add_argument(
        "--int8", action="store_true", help="weights in 8 bits: a quarter of the size, answers may differ"
    )
    parser.add_argument(
        "--agreement", type=float, default=0.98, help="with --int8: share of answers that must be those of the original"
    )
    add_json(parser, "what was found")


def run(arguments: argparse.Namespace) -> None:
    """Export, check, and print what was found. `onnx.json` in the folder holds the same."""
    from pipeline.modeling import onnx

    original = load_predictor(arguments.model)
    rows = _rows(arguments.dataset, arguments.rows, input_fields(arguments.model))
    onnx.export(arguments.model, arguments.out)
    if arguments.int8:
        onnx.to_int8(arguments.out)
    found = compare(original, load_predictor(arguments.out), rows)
    found["megabytes"] = round((arguments.out / onnx.FILE).stat().st_size / 1e6, 1)
    write_json(found, arguments.out / "onnx.json")
    if arguments.int8:
        check_agreement(found, arguments.agreement, arguments.out)
    else:
        check(found, arguments.out)
    if arguments.json:
        write_as_json({**found, "folder": arguments.out.as_posix()})
        return
    alike = found["rows"] - found["different_answers"]
    sys.stdout.write(
        f"{arguments.out}: {alike} of {found['rows']} rows answered alike (scores within "
        f"{found['largest_difference']:.1g}), {found['megabytes']} MB, "
        f"{found['onnx_rows_per_s']:.0f} rows/s against {found['torch_rows_per_s']:.0f}: "
        f"{found['speed_up']:.2f} times as fast\n"
    )


class Compared(TypedDict):
    """What `compare` found."""

    rows: int
    different_answers: int
    largest_difference: float
    torch_rows_per_s: float
    onnx_rows_per_s: float
    speed_up: float
    megabytes: NotRequired[float]


def check(found: Compared, out: Path) -> None:
    """Raise PipelineError where the copy in `out` does not answer as the original does."""
    if found["different_answers"] or found["largest_difference"] > TOLERANCE:
        raise PipelineError(
            f"{out}: the copy does not answer as the original does: {found['different_answers']} of "
            f"{found['rows']} answers differ, scores by up to {found['largest_difference']:.2g}.",
            "Do not use it; onnx.json beside it has the figures.",
        )


def check_agreement(found: Compared, least: float, out: Path) -> None:
    """Raise PipelineError where the copy in 8 bits gives other answers more often than allowed."""
    agreement = 1 - found["different_answers"] / found["rows"]
    if agreement < least:
        raise PipelineError(
            f"{out}: in 8 bits {agreement:.1%} of {found['rows']} answers are those of the original, fewer than "
            f"{least:.1%}.",
            "Export without --int8, or allow it: --agreement. onnx.json beside it has the figures.",
        )


def compare(original: Predictor, copy: Predictor, rows: Sequence[Row]) -> Compared:
    """Answers of both on the same rows, and rows per second of each (the better of two runs, in turns)."""
    first, second = original.predict(rows), copy.predict(rows)
    seconds: dict[str, list[float]] = {"torch": [], "onnx": []}
    for _ in range(2):
        for name, predictor in (("torch", original), ("onnx", copy)):
            started = time.perf_counter()
            predictor.predict(rows)
            seconds[name].append(time.perf_counter() - started)
    torch_s, onnx_s = min(seconds["torch"]), min(seconds["onnx"])
    return {
        "rows": len(rows),
        "different_answers": sum(not _same(a, b) for a, b in zip(first, second, strict=True)),
        "largest_difference": max((_difference(a, b) for a, b in zip(first, second, strict=True)), default=0.0),
        "torch_rows_per_s": round(len(rows) / torch_s, 1),
        "onnx_rows_per_s": round(len(rows) / onnx_s, 1),
        "speed_up": round(torch_s / onnx_s, 3),
    }


def _same(a: Prediction, b: Prediction) -> bool:
    """Equal answers; one that only rounding decided (two labels equally likely) counts as equal."""
    if isinstance(a.value, float) and isinstance(b.value, float):
        return abs(a.value - b.value) <= TOLERANCE * max(1.0, abs(a.value))
    if as_json(a.value) == as_json(b.value):
        return True
    top = sorted(a.scores.values(), reverse=True)[:2]
    return len(top) == 2 and top[0] - top[1] < TOLERANCE


def _difference(a: Prediction, b: Prediction) -> float:
    pairs = [(a.scores[name], b.scores.get(name, 0.0)) for name in a.scores]
    pairs += [(a.confidence, b.confidence)] if a.confidence is not None and b.confidence is not None else []
    return max((abs(x - y) for x, y in pairs), default=0.0)


def _rows(dataset: Path, count: int, fields: Sequence[str]) -> list[Row]:
    """Dev rows of the dataset; the same ones for equal datasets."""
    from pipeline.modeling.dataset import read_split, sample, to_rows

    table = sample(read_split(dataset, "dev"), max(1, count), 0)
    rows = [row for row in to_rows(table) if all(isinstance(row.get(name), str) for name in fields)]
    if not rows:
        raise PipelineError(
            f"{dataset}: no dev rows with {', '.join(fields)} to check the copy on.", "Name another dataset: --dataset"
        )
    return rows
