"""`sft render`: one record as the model sees it, the tokens that are learned marked."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.core.settings import load, load_task, parse
from pipeline.modeling.dataset import SPLITS
from pipeline.modeling.lm.chat_settings import ChatSettings
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.encoding import Encoded, Encoder, Learned
from pipeline.modeling.lm.loss_masking import IGNORED
from pipeline.modeling.lm.rows import of_row
from pipeline.modeling.models import Models
from pipeline.runtime.find_records import rows_of

#: Around learned text: on a terminal (black on green), and elsewhere.
_COLOUR, _BRACKETS = ("\x1b[30;42m", "\x1b[0m"), ("⟦", "⟧")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `sft render`."""
    parser.add_argument("record", help="record id")
    parser.add_argument("--dataset", type=Path, default=Path("data/validate/dataset"), help="the exported dataset")
    parser.add_argument(
        "--model", type=Path, help="a folder that train wrote (default: models.generator of params.yaml)"
    )
    parser.add_argument("--json", action="store_true", help="print tokens, labels and refusals as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Print the record's views. Raises PipelineError for a record that is not exported, or no conversation."""
    task = load_task()
    if task.type != "chat":
        raise PipelineError(f"sft render: records of {task.type} are no conversations.", "See them with: sft trace")
    row = exported_row(arguments.dataset, arguments.record)
    tokenizer, settings = _asked_with(arguments.model)
    template = ChatTemplate(tokenizer, settings)
    (learned,) = Encoder(template).encode([of_row(row)])
    if arguments.json:
        text = json.dumps(as_json(arguments.record, learned, tokenizer), ensure_ascii=False, indent=2)
    else:
        marks = _COLOUR if sys.stdout.isatty() else _BRACKETS
        text = "\n".join(page(learned, tokenizer, marks))
    sys.stdout.write(text + "\n")


def exported_row(dataset: Path, id: str) -> dict[str, Any]:
    """The row of a record in the exported dataset."""
    for split in SPLITS.values():
        for path in sorted((dataset / "data").glob(f"{split}-*.parquet")):
            found = rows_of(path, "id", id)
            if found:
                return found[0]
    raise PipelineError(f"{id}: no such record in {dataset}.", f"See what became of it: sft trace {id}")


def page(learned: Learned, tokenizer: Any, marks: tuple[str, str]) -> Iterator[str]:
    """The views as lines for people, learned text between `marks`; then the replies that are refused."""
    count = len(learned.encoded)
    for n, view in enumerate(learned.encoded, 1):
        known = sum(label != IGNORED for label in view.labels)
        turns = ", ".join(str(turn + 1) for turn in view.turns)
        yield f"-- view {n} of {count}: {len(view.ids)} tokens, {known} learned (turn {turns})"
        yield "".join(
            f"{marks[0]}{text}{marks[1]}" if is_learned else text for is_learned, text in _runs(view, tokenizer)
        )
    for turn, reject in learned.refused:
        yield f"-- turn {turn + 1} is not learned: {reject}"


def _runs(view: Encoded, tokenizer: Any) -> Iterator[tuple[bool, str]]:
    pairs = zip(view.ids, view.labels, strict=True)
    for is_learned, run in groupby(pairs, key=lambda pair: pair[1] != IGNORED):
        yield is_learned, tokenizer.decode([id for id, _ in run], clean_up_tokenization_spaces=False)


def as_json(id: str, learned: Learned, tokenizer: Any) -> dict[str, Any]:
    """The views token by token, and the replies that are refused. Turns count from 1."""
    return {
        "id": id,
        "views": [_view(view, tokenizer) for view in learned.encoded],
        "refused": [
            {"turn": turn + 1, "reason": reject.reason, "detail": reject.detail} for turn, reject in learned.refused
        ],
    }


def _view(view: Encoded, tokenizer: Any) -> dict[str, object]:
    says: dict[int, str] = {n: part for start, end, part in view.parts for n in range(start, end)}
    tokens = [{"id": id, "text": tokenizer.decode([id]), "learned": says.get(n)} for n, id in enumerate(view.ids)]
    return {"turns": [turn + 1 for turn in view.turns], "tokens": tokens}


def _asked_with(model: Path | None) -> tuple[Any, ChatSettings]:
    """The tokenizer, and how conversations are put to its model."""
    from pipeline.modeling.loading import load_tokenizer, quiet
    from pipeline.train.params import Params

    quiet()
    if model is not None:
        file = model / "sft.json"
        if not file.is_file():
            raise PipelineError(f"{model}: no trained model there.", "Train one: dvc repro train")
        given = json.loads(file.read_text("utf-8")).get("chat") or {}
        return load_tokenizer(model, sys.maxsize, "--model"), parse(given, ChatSettings, f"{file}: chat")
    models = load("models", Models)
    if models.generator is None:
        raise PipelineError("models.generator is missing.", "Name a causal language model with a chat template.")
    from pipeline.modeling.lm.generator import generator_tokenizer

    return generator_tokenizer(models.generator, sys.maxsize), load("train", Params).chat
