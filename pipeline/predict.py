"""`sft predict`: answers of a trained model for texts given by hand or for a JSONL file of any length."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from pipeline.errors import PipelineError, shorten
from pipeline.modeling.predictor import Prediction, Predictor, load_predictor

#: Rows in memory at a time.
_CHUNK = 256


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `sft predict`."""
    parser.add_argument("--model", type=Path, default=Path("data/train/model"), help="a folder that train wrote")
    parser.add_argument("--text", action="append", default=[], help="a text, or a user's turn of a chat; repeatable")
    parser.add_argument(
        "--file", type=Path, help="JSON lines with `text` (or `messages`), maybe `lang`; other keys are kept"
    )
    parser.add_argument("--out", type=Path, help="where the JSON lines go (default: standard output)")


def run(arguments: argparse.Namespace) -> None:
    """Write one JSON line per input: its own keys, then prediction, confidence and scores."""
    if bool(arguments.text) == bool(arguments.file):
        raise PipelineError("sft predict: give either --text or --file.", 'For example: sft predict --text "well done"')
    rows = read_rows(arguments.file) if arguments.file else iter([{"text": text} for text in arguments.text])
    first = list(itertools.islice(rows, 1))  # a bad file is reported before the model is loaded
    predictor = load_predictor(arguments.model)
    lines = predicted(itertools.chain(first, rows), predictor)
    if arguments.out is None:
        _write(lines, sys.stdout)
        return
    # Half an answer file must not look like a whole one.
    part = arguments.out.with_name(f"{arguments.out.name}.part")
    part.parent.mkdir(parents=True, exist_ok=True)
    with part.open("w", encoding="utf-8") as file:
        _write(lines, file)
    part.replace(arguments.out)


def predicted(rows: Iterable[dict[str, Any]], predictor: Predictor) -> Iterator[dict[str, Any]]:
    """Each row with its prediction, a chunk of rows in memory at a time."""
    source = iter(rows)
    while chunk := list(itertools.islice(source, _CHUNK)):
        for row, prediction in zip(chunk, predictor.predict(chunk), strict=True):
            yield {**row, **_answer(prediction)}


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSON-lines file. Raises PipelineError with file and line number at the first bad one."""
    if not path.is_file():
        raise PipelineError(f"{path}: no such file.", "Check the path.")
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield _row(line, f"{path}:{number}")


def _row(line: bytes, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except UnicodeDecodeError:
        raise PipelineError(f"{where}: not UTF-8.", "Save the file as UTF-8.") from None
    except json.JSONDecodeError as error:
        raise PipelineError(f"{where}: not JSON ({error.msg}): {shorten(line.decode('utf-8', 'replace'))}") from None
    if not isinstance(row, dict):
        raise PipelineError(f'{where}: expected an object such as {{"text": ...}}, found {shorten(row)}')
    if "messages" in row:
        _check_messages(row["messages"], where)
    elif not isinstance(row.get("text"), str):
        found = ", ".join(sorted(row)) or "nothing"
        raise PipelineError(f"{where}: no key 'text' (or 'messages') that holds a string; found: {found}.")
    return row


def _check_messages(messages: Any, where: str) -> None:
    turns = messages if isinstance(messages, list) else []
    sound = [
        isinstance(t, dict) and isinstance(t.get("role"), str) and isinstance(t.get("content"), str) for t in turns
    ]
    if not turns or not all(sound):
        raise PipelineError(f'{where}: \'messages\' must be a list of {{"role": ..., "content": ...}}.')


def _answer(prediction: Prediction) -> dict[str, Any]:
    answer: dict[str, Any] = {"prediction": prediction.value}
    if prediction.confidence is not None:
        answer["confidence"] = round(prediction.confidence, 6)
        answer["scores"] = {label: round(score, 6) for label, score in prediction.scores.items()}
    return answer


def _write(lines: Iterable[dict[str, Any]], file: TextIO) -> None:
    for line in lines:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
