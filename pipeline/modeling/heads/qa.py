"""Extractive question answering: start and end logits over windows of the context; position 0 says 'no answer'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.modeling.batches import Collate, Example, Examples, Row, by_length, padded_inputs
from pipeline.modeling.device import halving, to_model
from pipeline.modeling.heads.answer_spans import Found, choose_answer, decode, fit_null_threshold
from pipeline.modeling.heads.contract import Evaluation, Start
from pipeline.modeling.heads.encoder_with_head import start_encoder
from pipeline.modeling.loading import load_saved
from pipeline.modeling.models import Models
from pipeline.modeling.prediction import Prediction, Predictor
from pipeline.modeling.training.losses import Loss, start_and_end
from pipeline.modeling.training.recipe import Recipe
from pipeline.stats.answers import answer_scores

BEST = ("f1", True)

_BATCH = 32
#: Context tokens that a window has at least: a longer question is cut to make room.
_LEAST_CONTEXT = 0.5


def check(splits: Mapping[str, Sequence[Row]], task: Task) -> None:
    """At least one answer to learn from."""
    if not any(row["answers"] for row in splits["train"]):
        raise PipelineError("train: no row of the train split has an answer.", "Check which column holds the answers.")


def start(models: Models, task: Task, rows: Sequence[Row], recipe: Recipe) -> Start:
    """The encoder with a start and end layer."""
    from transformers import AutoModelForQuestionAnswering

    config: dict[str, Any] = {"num_labels": 2, "max_answer_length": recipe.max_answer_length}
    return start_encoder(AutoModelForQuestionAnswering, models, rows, recipe, "reader of questions", **config)


def encode(rows: Sequence[Row], tokenizer: Any, task: Task, recipe: Recipe) -> Examples:
    """Windows with the first and last token of the first given answer that a window holds whole; else both 0.

    Dropped: answer_in_no_window (longer than `max_answer_length` or than the overlap of windows lets through).
    """
    items: list[Example] = []
    lost = cut = 0
    for n, row in enumerate(rows):
        found, was_cut = windows(row, tokenizer, recipe.max_length, recipe.stride)
        cut += was_cut
        for window in found:
            window["labels"] = _label(window["offsets"], row["answers"], recipe.max_answer_length)
            window |= {"row": n, "context": row["context"], "lang": row.get("lang") or ""}
            window["answers"] = [dict(answer) for answer in row["answers"]]
        if row["answers"] and not any(window["labels"][1] for window in found):
            lost += 1
        else:
            items += found
    if rows and not items:
        raise PipelineError(
            f"train: none of {len(rows)} answers stands whole in a window.",
            "Raise train.max_length and train.max_answer_length.",
        )
    notes = {"windows": len(items), "questions_cut": cut}
    return Examples(items, {"answer_in_no_window": lost} if lost else {}, notes=notes)


def windows(row: Row, tokenizer: Any, max_length: int, stride: int) -> tuple[list[Example], bool]:
    """Question and part of the context, as often as the context needs; and whether the question was cut.

    `offsets` holds `[start, end)` in the context for its tokens, None for all others.
    """
    room = max_length - tokenizer.num_special_tokens_to_add(pair=True)
    question = row["question"]
    asked = tokenizer(question, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
    limit = max(1, int(room * (1 - _LEAST_CONTEXT)))
    if len(asked) > limit:
        question = question[: asked[limit - 1][1]]
    found = tokenizer(
        question,
        row["context"],
        truncation="only_second",
        max_length=max_length,
        stride=max(0, min(stride, (room - min(len(asked), limit)) // 2)),
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    items: list[Example] = []
    for n, ids in enumerate(found["input_ids"]):
        pairs = zip(found["offset_mapping"][n], found.sequence_ids(n), strict=True)
        item: Example = {"input_ids": ids, "offsets": [list(place) if part == 1 else None for place, part in pairs]}
        if "token_type_ids" in found:
            item["token_type_ids"] = found["token_type_ids"][n]
        items.append(item)
    return items, len(asked) > limit


def collate(tokenizer: Any) -> Collate:
    """Batches padded to their longest window."""

    def batch_of(examples: Sequence[Example]) -> dict[str, Any]:
        import torch

        return {
            **padded_inputs(examples, tokenizer),
            "labels": torch.tensor([example["labels"] for example in examples]),
        }

    return batch_of


def class_weights(examples: Sequence[Example], task: Task, recipe: Recipe) -> Any:
    """None: positions are no classes."""
    recipe.refuse_class_settings("answers have no classes")


def loss(model: Any, class_weights: Any, recipe: Recipe) -> Loss:
    """Cross-entropy over positions."""
    return start_and_end(recipe.label_smoothing)


def evaluate(model: Any, examples: Sequence[Example], collate: Collate, batch: int) -> Evaluation:
    """Mean loss, exact match and F1 at the null threshold that is best here."""
    found, total = find(model, examples, collate, batch)
    first = {example["row"]: example for example in reversed(examples)}
    given = [first[row]["answers"] for row in sorted(found)]
    langs = [first[row]["lang"] for row in sorted(found)]
    ordered = [found[row] for row in sorted(found)]
    threshold, temperature = fit_null_threshold(ordered, given, langs)
    scores = [
        answer_scores(choose_answer(one, threshold, temperature).value, truth, lang)
        for one, truth, lang in zip(ordered, given, langs, strict=True)
    ]
    exact, overlap = np.array(scores).mean(axis=0)
    metrics = {"loss": total / max(len(examples), 1), "exact_match": float(exact), "f1": float(overlap)}
    return Evaluation(metrics, {"null_threshold": threshold, "temperature": temperature})


def find(model: Any, examples: Sequence[Example], collate: Collate, batch: int) -> tuple[dict[int, Found], float]:
    """Row -> its best spans over all windows; and the summed loss."""
    import torch

    model.eval()
    found: dict[int, Found] = {}
    total = 0.0
    criterion = start_and_end(0.0)
    limit = int(model.config.max_answer_length)

    def run(rows: Sequence[int]) -> tuple[Any, Any]:
        inputs = to_model(collate([examples[n] for n in rows]), model)
        labels = inputs.pop("labels")
        with torch.inference_mode():
            return model(**inputs), labels

    batches = by_length([len(example["input_ids"]) for example in examples], batch)
    for rows, (out, labels) in (done for part in batches for done in halving(run, part)):
        total += float(criterion(out, labels)) * len(rows)
        begin, end = (x.double().cpu().numpy() for x in (out.start_logits, out.end_logits))
        for k, n in enumerate(rows):
            example = examples[n]
            size = len(example["input_ids"])
            part = decode(begin[k, :size], end[k, :size], example["offsets"], example["context"], limit)
            found[example["row"]] = found[example["row"]].joined(part) if example["row"] in found else part
    return found, total


def load(folder: Path, settings: Mapping[str, Any]) -> Predictor:
    """See `Reader`."""
    return Reader(folder, settings)


class Reader:
    """One answer {start, text} a question, or none. Reads: context, question."""

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        from transformers import AutoModelForQuestionAnswering

        self.model, self.tokenizer = load_saved(AutoModelForQuestionAnswering, folder)
        self.max_length, self.stride = int(settings["max_length"]), int(settings["stride"])
        self.threshold, self.temperature = float(settings["null_threshold"]), float(settings["temperature"])

    def predict(self, rows: Sequence[Mapping[str, Any]]) -> list[Prediction]:
        """One prediction per row, in order."""
        examples = [
            {**window, "labels": [0, 0], "row": n, "context": row["context"]}
            for n, row in enumerate(rows)
            for window in windows(row, self.tokenizer, self.max_length, self.stride)[0]
        ]
        found = find(self.model, examples, collate(self.tokenizer), _BATCH)[0] if examples else {}
        return [choose_answer(found[n], self.threshold, self.temperature) for n in range(len(rows))]


def _label(offsets: Sequence[list[int] | None], answers: Sequence[Mapping[str, Any]], limit: int) -> list[int]:
    """First and last token of the first answer that stands whole in the window; [0, 0] for none."""
    inside = [n for n, place in enumerate(offsets) if place is not None and place[1] > place[0]]
    for answer in answers:
        start, end = answer["start"], answer["start"] + len(answer["text"])
        covering = [n for n in inside if offsets[n][0] < end and offsets[n][1] > start]  # type: ignore[index]
        if not covering or len(covering) > limit:
            continue
        before_is_there = offsets[covering[0]][0] <= start or covering[0] != inside[0]  # type: ignore[index]
        after_is_there = offsets[covering[-1]][1] >= end or covering[-1] != inside[-1]  # type: ignore[index]
        if before_is_there and after_is_there:
            return [covering[0], covering[-1]]
    return [0, 0]
