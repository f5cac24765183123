"""Named entities: a token classifier with BIO tags; long texts go through in overlapping windows.

One tag per unit (see `tagging_units.py`), on the token that holds its first character; other tokens do not count. Where
windows overlap, each unit is read in the window that shows most around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.record import Target
from pipeline.core.settings import Task
from pipeline.modeling.batches import Batch, Collate, Example, Examples, Row, outputs, padded
from pipeline.modeling.features.linear import fit_temperature, softmax
from pipeline.modeling.features.tagging_units import (
    best_tags,
    one_token_a_character,
    tag_names,
    to_spans,
    to_tags,
    units,
    windows,
)
from pipeline.modeling.heads.contract import Evaluation, Start
from pipeline.modeling.heads.crf import add_transitions, crf_loss, log_marginals, take_transitions, transitions_of
from pipeline.modeling.heads.encoder_with_head import label_names, names, start_encoder
from pipeline.modeling.heads.last_layer import set_tag_layer
from pipeline.modeling.lm.loss_masking import IGNORED
from pipeline.modeling.loading import load_saved
from pipeline.modeling.models import Models, has_weights
from pipeline.modeling.prediction import Prediction, Predictor
from pipeline.modeling.training.losses import Loss, loss_function
from pipeline.modeling.training.recipe import Recipe
from pipeline.stats.scores import f1, span_keys

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    Floats = NDArray[np.float64]

BEST = ("micro_f1", True)

_BATCH = 32  # a guess: not measured
#: Units that the regression behind the starting tag layer reads: half a minute of a core. A guess: not measured.
_START_UNITS = 50_000


def check(splits: Mapping[str, Sequence[Row]], task: Task) -> None:
    """A declared label set, and at least one entity to learn from."""
    if not task.labels:
        raise PipelineError("params.yaml: task.labels is empty.", "Name the entity types, such as [person, place].")
    if not any(row["spans"] for row in splits["train"]):
        raise PipelineError("train: no row of the train split has an entity.", "Check which column holds the spans.")


def start(models: Models, task: Task, rows: Sequence[Row], recipe: Recipe) -> Start:
    """The encoder with a tag layer; with pretrained weights it starts from logistic regression on frozen states."""
    from transformers import AutoModelForTokenClassification

    tags = tag_names(task.labels)
    begun = start_encoder(AutoModelForTokenClassification, models, rows, recipe, "token classifier", **names(tags))
    if recipe.crf:
        add_transitions(begun.model, len(tags))
    begun = replace(begun, tokenizer=one_token_a_character(begun.tokenizer))
    if has_weights(models.encoder):
        examples = encode(_first(rows), begun.tokenizer, task, recipe).items
        set_tag_layer(begun.model, examples, collate(begun.tokenizer), _BATCH)
    return begun


def _first(rows: Sequence[Row]) -> list[Row]:
    """As many rows as hold the units that the starting tag layer is fitted on."""
    counts = np.cumsum([len(units(row["text"])) for row in rows])
    return list(rows[: 1 + int(np.searchsorted(counts, _START_UNITS))])


def encode(rows: Sequence[Row], tokenizer: PreTrainedTokenizerBase, task: Task, recipe: Recipe) -> Examples:
    """Windows of `max_length` with a label on each unit's token.

    Notes count windows, entities, and those whose tags read back as another span: `entities_widened` begin or end
    inside a unit or overlap another entity. No text is cut, so no entity is lost to length.
    """
    items: list[Example] = []
    entities = changed = 0
    for n, row in enumerate(rows):
        bounds, spans = units(row["text"]), row["spans"] or []
        tags = to_tags(spans, bounds, task.labels)
        found = windows(row["text"], bounds, tokenizer, recipe.max_length, recipe.stride)
        for window in found:
            window["labels"] = [tags[unit] if unit >= 0 else IGNORED for unit in window["units"]]
            window["row"], window["size"], window["tags"] = n, len(bounds), tags
        items += found
        entities += len(spans)
        read = span_keys([span for span, _ in to_spans(tags, bounds, task.labels)])
        changed += len(span_keys(spans) - read)
    return Examples(items, notes={"windows": len(items), "entities": entities, "entities_widened": changed})


def collate(tokenizer: PreTrainedTokenizerBase) -> Collate:
    """Batches padded to their longest window."""

    def batch_of(examples: Sequence[Example]) -> Batch:
        import torch

        batch = padded([example["input_ids"] for example in examples], tokenizer)
        labels = torch.full_like(batch["input_ids"], IGNORED)
        for n, example in enumerate(examples):
            labels[n, : len(example["labels"])] = torch.tensor(example["labels"])
        return {**batch, "labels": labels}

    return batch_of


def class_weights(examples: Sequence[Example], task: Task, recipe: Recipe) -> NDArray[np.float64] | None:
    """Inverse tag frequencies where the recipe asks for balance."""
    if recipe.class_weights == "none":
        return None
    labels = [label for example in examples for label in example["labels"] if label != IGNORED]
    counts = np.bincount(labels, minlength=2 * len(task.labels) + 1)
    return len(labels) / (np.count_nonzero(counts) * np.maximum(counts, 1))


def loss(model: PreTrainedModel, class_weights: NDArray[np.float64] | None, recipe: Recipe) -> Loss:
    """Cross-entropy over tags, or minus the log probability of whole sequences with a CRF."""
    if recipe.crf:
        return crf_loss(model)
    return loss_function(class_weights, recipe.label_smoothing, recipe.focal_gamma)


def finish(model: PreTrainedModel) -> None:
    """A stock token classifier: the scores of a CRF are in the predictor's settings."""
    take_transitions(model)


def evaluate(model: PreTrainedModel, examples: Sequence[Example], collate: Collate, batch: int) -> Evaluation:
    """Mean loss over tags, strict span precision, recall and micro F1; the temperature that calibrates tags."""
    found = tag_logits(model, examples, collate, batch)
    transitions = transitions_of(model)
    truth = {example["row"]: example["tags"] for example in examples}
    known = np.isfinite(np.concatenate([found[row][:, 0] for row in sorted(found)]))
    logits = np.concatenate([_scores(found[row], transitions) for row in sorted(found)])
    target = np.concatenate([np.array(truth[row], np.int64) for row in sorted(found)])
    logits, target = logits[known], target[known]
    losses = -np.log(softmax(logits)[np.arange(len(target)), target] + 1e-12)
    hits = said = true = 0
    for row, scores in found.items():
        own, given = (_tag_spans(tags) for tags in (_tags(scores, transitions), truth[row]))
        hits, said, true = hits + len(own & given), said + len(own), true + len(given)
    metrics = {
        "loss": float(losses.mean()),
        "micro_precision": hits / max(said, 1),
        "micro_recall": hits / max(true, 1),
        "micro_f1": f1(hits, said, true),
    }
    learned = {} if transitions is None else {"transitions": transitions.tolist()}
    return Evaluation(metrics, {"temperature": fit_temperature(logits, target), **learned})


def _scores(logits: Floats, transitions: Floats | None) -> Floats:
    """What a temperature divides: logits, or with a CRF the log probabilities of each unit's tags."""
    return logits if transitions is None else log_marginals(np.nan_to_num(logits, nan=0.0), transitions)


def _tags(logits: Floats, transitions: Floats | None, temperature: float = 1.0) -> list[int]:
    if transitions is None:
        return best_tags(log_softmax(logits / temperature))
    return best_tags(np.nan_to_num(logits, nan=0.0), transitions)


def load(folder: Path, settings: Mapping[str, Target]) -> Predictor:
    """See `Tagger`."""
    return Tagger(folder, settings)


def tag_logits(model: PreTrainedModel, examples: Sequence[Example], collate: Collate, batch: int) -> dict[int, Floats]:
    """Row -> one line of logits per unit, from the window that shows most around it; nan where no token speaks."""
    found = {e["row"]: np.full((e["size"], model.config.num_labels or 0), np.nan) for e in examples}
    margin = {e["row"]: np.full(e["size"], -1) for e in examples}
    for picked, logits, _ in outputs(model, examples, collate, batch):
        scores = logits.double().cpu().numpy()
        for n, window in zip(picked, scores, strict=True):
            example = examples[n]
            length = len(example["units"])
            for token, unit in enumerate(example["units"]):
                around = min(token, length - 1 - token)
                if unit >= 0 and around > margin[example["row"]][unit]:
                    found[example["row"]][unit] = window[token]
                    margin[example["row"]][unit] = around
    return found


def log_softmax(logits: Floats) -> Floats:
    """Row-wise; a row of nan becomes zeros: such a unit takes the tag that suits its neighbours."""
    return np.nan_to_num(np.log(np.maximum(softmax(logits), 1e-12)), nan=0.0)


class Tagger:
    """Spans in code points, `parts` with a confidence each. Reads: text.

    A span is as sure as its least sure tag; the answer as a whole as sure as all its tags together.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Target]) -> None:
        from transformers import AutoModelForTokenClassification

        self.model, self.tokenizer = load_saved(AutoModelForTokenClassification, folder)
        self.temperature = float(settings["temperature"])
        learned = settings.get("transitions")
        self.transitions = None if learned is None else np.array(learned, np.float64)
        self.max_length, self.stride = int(settings["max_length"]), int(settings["stride"])
        tags = label_names(self.model)
        self.labels = [tags[n][2:] for n in range(1, len(tags), 2)]

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        """One list of spans per row, in order."""
        bounds = [units(row["text"]) for row in rows]
        examples: list[Example] = []
        for n, row in enumerate(rows):
            for window in windows(row["text"], bounds[n], self.tokenizer, self.max_length, self.stride):
                labels = [IGNORED] * len(window["input_ids"])
                examples.append({**window, "labels": labels, "row": n, "size": len(bounds[n])})
        found = tag_logits(self.model, examples, collate(self.tokenizer), _BATCH) if examples else {}
        return [self._answer(found[n], bounds[n]) for n in range(len(rows))]

    def _answer(self, logits: Floats, bounds: Sequence[tuple[int, int]]) -> Prediction:
        likely = log_softmax(_scores(logits, self.transitions) / self.temperature)
        tags = _tags(logits, self.transitions, self.temperature)
        chosen = likely[np.arange(len(tags)), tags]
        spans = to_spans(tags, bounds, self.labels)
        parts = tuple(float(np.exp(chosen[list(part)].min())) for _, part in spans)
        return Prediction([span for span, _ in spans], float(np.exp(chosen.sum())), parts=parts)


def _tag_spans(tags: Sequence[int]) -> set[tuple[int, int, int]]:
    """Spans of a tag sequence as (first unit, last unit, class)."""
    labels = [str(n) for n in range(max([*tags, 0]) // 2 + 1)]
    found = to_spans(tags, [(n, n + 1) for n in range(len(tags))], labels)
    return {(span["start"], span["end"], int(span["label"])) for span, _ in found}
