"""Extractive question answering: start and end logits over windows of the context; position 0 says 'no answer'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.progress import counted
from pipeline.core.record import Answer, Target
from pipeline.core.settings import Task
from pipeline.modeling.batches import Batch, Collate, Example, Examples, Row, by_length, padded_inputs
from pipeline.modeling.device import halving, to_model
from pipeline.modeling.heads.answer_spans import Found, choose_answer, decode, fit_null_threshold
from pipeline.modeling.heads.contract import Evaluation, Start
from pipeline.modeling.heads.encoder_with_head import start_encoder
from pipeline.modeling.loading import load_saved
from pipeline.modeling.models import Models
from pipeline.modeling.prediction import Prediction, Predictor
from pipeline.modeling.training.losses import Loss, WithEnds, start_and_end
from pipeline.modeling.training.recipe import Recipe
from pipeline.stats.answer_scores import answer_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

BEST = ("f1", True)

_BATCH = 32  # a guess: not measured
#: Context tokens that a window has at least: a longer question is cut to make room. A guess: not measured.
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


def encode(rows: Sequence[Row], tokenizer: PreTrainedTokenizerBase, task: Task, recipe: Recipe) -> Examples:
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
            window["answers"] = list(row["answers"])
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


def windows(row: Row, tokenizer: PreTrainedTokenizerBase, max_length: int, stride: int) -> tuple[list[Example], bool]:
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


def collate(tokenizer: PreTrainedTokenizerBase) -> Collate:
    """Batches padded to their longest window."""

    def batch_of(examples: Sequence[Example]) -> Batch:
        import torch

        return {
            **padded_inputs(examples, tokenizer),
            "labels": torch.tensor([example["labels"] for example in examples]),
        }

    return batch_of


def class_weights(examples: Sequence[Example], task: Task, recipe: Recipe) -> None:
    """None: positions are no classes."""
    recipe.refuse_class_settings("answers have no classes")


def loss(model: PreTrainedModel, class_weights: NDArray[np.float64] | None, recipe: Recipe) -> Loss:
    """Cross-entropy over positions."""
    return start_and_end(recipe.label_smoothing)


def evaluate(model: PreTrainedModel, examples: Sequence[Example], collate: Collate, batch: int) -> Evaluation:
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


def find(
    model: PreTrainedModel, examples: Sequence[Example], collate: Collate, batch: int
) -> tuple[dict[int, Found], float]:
    """Row -> its best spans over all windows; and the summed loss."""
    import torch

    model.eval()
    found: dict[int, Found] = {}
    total = 0.0
    criterion = start_and_end(0.0)
    limit = int(model.config.max_answer_length)

    def run(rows: Sequence[int]) -> tuple[WithEnds, Tensor]:
        inputs = to_model(collate([examples[n] for n in rows]), model)
        labels = inputs.pop("labels")
        with torch.inference_mode():
            return model(**inputs), labels

    batches = by_length([len(example["input_ids"]) for example in examples], batch)
    batches = counted(batches, "texts read", len(examples))
    for rows, (out, labels) in (done for part in batches for done in halving(run, part)):
        total += float(criterion(out, labels)) * len(rows)
        begin, end = (x.double().cpu().numpy() for x in (out.start_logits, out.end_logits))
        for k, n in enumerate(rows):
            example = examples[n]
            size = len(example["input_ids"])
            part = decode(begin[k, :size], end[k, :size], example["offsets"], example["context"], limit)
            found[example["row"]] = found[example["row"]].joined(part) if example["row"] in found else part
    return found, total


def load(folder: Path, settings: Mapping[str, Target]) -> Predictor:
    """See `Reader`."""
    return Reader(folder, settings)


class Reader:
    """One answer {start, text} a question, or none. Reads: context, question."""

    def __init__(self, folder: Path, settings: Mapping[str, Target]) -> None:
        from transformers import AutoModelForQuestionAnswering

        self.model, self.tokenizer = load_saved(AutoModelForQuestionAnswering, folder)
        self.max_length, self.stride = int(settings["max_length"]), int(settings["stride"])
        self.threshold, self.temperature = float(settings["null_threshold"]), float(settings["temperature"])

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        """One prediction per row, in order."""
        examples: list[Example] = [
            {**window, "labels": [0, 0], "row": n, "context": row["context"]}
            for n, row in enumerate(rows)
            for window in windows(row, self.tokenizer, self.max_length, self.stride)[0]
        ]
        found = find(self.model, examples, collate(self.tokenizer), _BATCH)[0] if examples else {}
        return [choose_answer(found[n], self.threshold, self.temperature) for n in range(len(rows))]


#: Number of a token, and where it begins and ends in the text.
_Token = tuple[int, int, int]


def _label(offsets: Sequence[list[int] | None], answers: Sequence[Answer], limit: int) -> list[int]:
    """First and last token of the first answer that stands whole in the window; [0, 0] for none."""
    inside = [(n, place[0], place[1]) for n, place in enumerate(offsets) if place is not None and place[1] > place[0]]
    for answer in answers:
        start, end = answer["start"], answer["start"] + len(answer["text"])
        covering = [token for token in inside if token[1] < end and token[2] > start]
        if not covering or len(covering) > limit:
            continue
        if not _is_cut(covering, inside, start, end):
            return [covering[0][0], covering[-1][0]]
    return [0, 0]


def _is_cut(covering: Sequence[_Token], inside: Sequence[_Token], start: int, end: int) -> bool:
    """Whether the answer goes on beyond the window: its first or last token there does not reach the answer's end."""
    begins_before = covering[0] == inside[0] and covering[0][1] > start
    ends_behind = covering[-1] == inside[-1] and covering[-1][2] < end
    return begins_before or ends_behind
