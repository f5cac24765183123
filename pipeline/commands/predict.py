"""`sft predict`: answers of a trained model for texts given by hand or for a JSONL file of any length."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from pipeline.conversations.arguments import problems
from pipeline.conversations.order import is_empty
from pipeline.core.conversation import Conversation, Message, exported, to_conversation, to_row
from pipeline.core.errors import PipelineError, shorten
from pipeline.core.record import Reject, Row, Target
from pipeline.core.settings import Task
from pipeline.modeling.lm.rows import of_row
from pipeline.modeling.prediction import Prediction, Predictor
from pipeline.modeling.predictor import load_predictor
from pipeline.runtime.damaged_files import parsed_json
from pipeline.tasks import TASKS

#: What a chat row holds: a conversation, or `text` as one user turn.
CHAT = ("messages",)

#: Rows in memory at a time. A guess: not measured.
_CHUNK = 256


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `sft predict`."""
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="a text, a user's turn, or a question")
    parser.add_argument("--model", type=Path, default=Path("data/train/model"), help="a folder that train wrote")
    parser.add_argument("--text", action="append", default=[], help="the same; repeatable")
    parser.add_argument("--context", help="what the questions of --text are about (extractive answers)")
    parser.add_argument("--pair", help="the second text, for models that read pairs")
    parser.add_argument("--file", type=Path, help="JSON lines with the inputs of the task; other keys are kept")
    parser.add_argument("--out", type=Path, help="where the JSON lines go (default: standard output)")


def run(arguments: argparse.Namespace) -> None:
    """Write one JSON line per input: its own keys, then what `answer` gives."""
    texts = [*arguments.texts, *arguments.text]
    if bool(texts) == bool(arguments.file):
        raise PipelineError("sft predict: give either a text or --file.", 'For example: sft predict "well done"')
    fields = input_fields(arguments.model)
    rows = read_rows(arguments.file, fields) if arguments.file else iter(_typed(texts, arguments, fields))
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


def predicted(rows: Iterable[dict[str, object]], predictor: Predictor) -> Iterator[dict[str, object]]:
    """Each row with its prediction, a chunk of rows in memory at a time."""
    source = iter(rows)
    while chunk := list(itertools.islice(source, _CHUNK)):
        for row, prediction in zip(chunk, predictor.predict(chunk), strict=True):
            yield {**row, **answer(row, prediction)}


def input_fields(model: Path) -> tuple[str, ...]:
    """The text fields that rows for this model must have; ("text",) where its sft.json does not say."""
    settings = model / "sft.json"
    found = parsed_json(settings) if settings.is_file() else {}
    task = found.get("task") if isinstance(found, dict) else None
    kind = str(task.get("type")) if isinstance(task, dict) else ""
    fields = tuple(TASKS[kind].FIELDS) if kind in TASKS else ()
    if "messages" in fields:
        return CHAT
    return ("context", "question") if "question" in fields else ("text",)


def answer(row: Row, prediction: Prediction) -> dict[str, object]:
    """The prediction as people read it: entities with their surface and confidence, an answer with its place.

    A chat's reply comes whole too (`reply`, in OpenAI's form), with what is wrong with its calls (`call_problems`).
    """
    found: dict[str, object] = {"prediction": _value(row, prediction)}
    if prediction.reply is not None:
        found |= _reply(row, prediction.reply.message)
    if prediction.refused:
        found["refused"] = prediction.refused
    if prediction.confidence is not None:
        found["confidence"] = round(prediction.confidence, 6)
    if prediction.scores:
        found["scores"] = {label: round(score, 6) for label, score in prediction.scores.items()}
    return found


def _reply(row: Mapping[str, object], message: Message) -> dict[str, object]:
    """The reply where it is more than its text, and the problems of its calls by the tools of the row."""
    if not (message.tool_calls or message.reasoning):
        return {}
    found: dict[str, object] = {"reply": exported(message)}
    if message.tool_calls:
        conversation = Conversation((message,), of_row(row).tools)
        found["call_problems"] = [f"{problem.reason}: {problem.detail}" for problem in problems(conversation)]
    return found


def _value(row: Row, prediction: Prediction) -> Target:
    value = prediction.value
    if isinstance(value, float):
        return round(value, 6)
    if not (isinstance(value, list) and value and isinstance(value[0], dict)):
        return value
    parts = [_with_surface(row, part) for part in value]
    for part, sure in zip(parts, prediction.parts, strict=False):
        part["confidence"] = round(sure, 6)
    return parts


def _with_surface(row: Row, part: Mapping[str, Target]) -> dict[str, object]:
    """A span or an answer with `start`, `end` and `text`."""
    end = part["end"] if "end" in part else part["start"] + len(part["text"])
    text = part["text"] if "text" in part else row["text"][part["start"] : end]
    return {**part, "end": end, "text": text}


def _typed(texts: Sequence[str], arguments: argparse.Namespace, fields: Sequence[str]) -> list[dict[str, object]]:
    """Rows from the command line."""
    if "question" in fields:
        if arguments.context is None:
            raise PipelineError(
                "sft predict: this model answers questions about a text, so it needs --context.",
                'For example: sft predict --text "who wrote it?" --context "Ann wrote it."',
            )
        return [{"context": arguments.context, "question": text} for text in texts]
    if not all(text.strip() for text in texts):
        raise PipelineError("sft predict: a text is empty.", "Write the text between quotes.")
    if arguments.context is not None:
        raise PipelineError("sft predict: --context is for models that answer questions.", "Leave it out.")
    pair = {} if arguments.pair is None else {"text_pair": arguments.pair}
    return [{"text": text, **pair} for text in texts]


def read_rows(path: Path, fields: Sequence[str] = ("text",)) -> Iterator[dict[str, object]]:
    """The rows of a JSON-lines file. Raises PipelineError with file and line number at the first bad one."""
    if not path.is_file():
        raise PipelineError(f"{path}: no such file.", "Check the path.")
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield _row(line, f"{path}:{number}", fields)


def _row(line: bytes, where: str, fields: Sequence[str]) -> dict[str, object]:
    row = _object(line, where)
    _check_unicode(line, where)
    if "messages" in row and fields == CHAT:
        return _normalised(row, where)
    _check_texts(row, where, fields)
    if not isinstance(row.get("text_pair"), (str, type(None))):
        raise PipelineError(f"{where}: 'text_pair' must be a string.")
    return row


def _check_texts(row: Mapping[str, object], where: str, fields: Sequence[str]) -> None:
    for name in ("text",) if fields == CHAT else fields:
        if not isinstance(row.get(name), str):
            found = ", ".join(sorted(row)) or "nothing"
            other = " (or 'messages')" if fields == CHAT else ""
            raise PipelineError(f"{where}: no key '{name}'{other} that holds a string; found: {found}.")


def _object(line: bytes, where: str) -> dict[str, object]:
    try:
        row = json.loads(line)
    except UnicodeDecodeError:
        raise PipelineError(f"{where}: not UTF-8.", "Save the file as UTF-8.") from None
    except RecursionError:
        raise PipelineError(f"{where}: nested too deeply.", "Flatten it.") from None
    except ValueError as error:  # also a number of thousands of digits
        why = getattr(error, "msg", "a number of too many digits")
        raise PipelineError(f"{where}: not JSON ({why}): {shorten(line.decode('utf-8', 'replace'))}") from None
    if not isinstance(row, dict):
        raise PipelineError(f'{where}: expected an object such as {{"text": ...}}, found {shorten(row)}')
    return row


def _check_unicode(line: bytes, where: str) -> None:
    try:
        json.dumps(json.loads(line), ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise PipelineError(
            f"{where}: holds half of a character (a lone surrogate).", "Export the file again."
        ) from None


def _normalised(row: dict[str, object], where: str) -> dict[str, object]:
    """The row with its conversation in the one form that models read. Raises PipelineError for what is none."""
    try:
        fields, target = TASKS["chat"].parse(row, None, Task(type="chat"))
    except Reject as reject:
        raise PipelineError(
            f'{where}: \'messages\' must be a list of {{"role": ..., "content": ...}}: {reject}.'
        ) from None
    conversation = to_conversation(fields, target)
    for n, message in enumerate(conversation.messages, 1):
        if is_empty(message) and message.role != "tool":
            raise PipelineError(f"{where}: 'messages' must be a list of turns with a content: turn {n} says nothing.")
    return {**row, **{name: value for name, value in to_row(conversation).items() if value is not None}}


def _write(lines: Iterable[dict[str, object]], file: TextIO) -> None:
    for line in lines:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
