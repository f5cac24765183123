"""Text to text by an encoder-decoder (T5, mT5, BART, Marian, ...): whatever `AutoModelForSeq2SeqLM` loads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pipeline.core.record import Reject, Target
from pipeline.core.settings import Task
from pipeline.modeling.batches import Batch, Collate, Example, Examples, Row, padded
from pipeline.modeling.heads.contract import Start
from pipeline.modeling.lm import decoding
from pipeline.modeling.lm.encoder_decoder import load_encoder_decoder
from pipeline.modeling.lm.instructions import cut_to_fit, filled, instruction, settings_for_writing
from pipeline.modeling.lm.loss_masking import IGNORED
from pipeline.modeling.loading import check_room, load_saved
from pipeline.modeling.models import Model, local_path, revision
from pipeline.modeling.prediction import Prediction
from pipeline.modeling.training.recipe import Recipe

if TYPE_CHECKING:
    from torch import Tensor, nn
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_WHERE = "models.seq2seq"


def start(model: Model, recipe: Recipe) -> Start:
    """The pretrained encoder-decoder as it is."""
    tokenizer, loaded = load_encoder_decoder(local_path(model, _WHERE), _WHERE)
    check_room(loaded.config, recipe.max_length, _WHERE)
    tokenizer.chat_template = None  # it reads plain text; `is_for_seq2seq` goes by this
    if recipe.dropout is not None:
        _set_dropout(loaded, recipe.dropout)
    return Start(feed_decoder(loaded), tokenizer, revision(model))


def is_for_seq2seq(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether examples are made for an encoder-decoder: causal models here always have a chat template."""
    return not tokenizer.chat_template


def encode(rows: Sequence[Row], tokenizer: PreTrainedTokenizerBase, task: Task, recipe: Recipe) -> Examples:
    """Ids of the text, and those of the target with its end token as labels.

    A text that is too long loses its end, the target never. Reasons: over_long (with over_long: drop),
    target_too_long, empty_target.
    """

    def one(row: Row) -> tuple[Example, bool]:
        labels = target_ids(str(row["target"]), tokenizer)
        if len(labels) > recipe.max_length:
            raise Reject("target_too_long", f"{len(labels)} tokens")
        ids, is_long = _source_ids(row, tokenizer, task, recipe.instructions, recipe.max_length)
        if is_long and recipe.over_long == "drop":
            raise Reject("over_long", "the text has too many tokens")
        return {"input_ids": ids, "labels": labels}, is_long

    return decoding.gather(rows, one, "texts")


def collate(tokenizer: PreTrainedTokenizerBase) -> Collate:
    """Texts and labels, each right-padded; padding carries no loss. See `feed_decoder` for `decoder_labels`."""

    def batch_of(examples: Sequence[Example]) -> Batch:
        import torch

        batch = padded([example["input_ids"] for example in examples], tokenizer)
        width = max(len(example["labels"]) for example in examples)
        labels = torch.full((len(examples), width), IGNORED)
        for n, example in enumerate(examples):
            labels[n, : len(example["labels"])] = torch.tensor(example["labels"])
        return {**batch, "decoder_labels": labels, "labels": labels}

    return batch_of


def feed_decoder(model: PreTrainedModel) -> PreTrainedModel:
    """The model, which from now on makes its decoder's input from `decoder_labels`.

    The trainer keeps `labels` for our loss, and only the model itself knows how its decoder starts.
    """

    def with_decoder_input(
        module: nn.Module, args: tuple[object, ...], kwargs: dict[str, Tensor]
    ) -> tuple[object, dict[str, Tensor]]:
        labels = kwargs.pop("decoder_labels", None)
        if labels is not None:
            kwargs["decoder_input_ids"] = cast("Any", model).prepare_decoder_input_ids_from_labels(labels)
        return args, kwargs

    model.register_forward_pre_hook(with_decoder_input, with_kwargs=True)
    return model


def target_ids(target: str, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The target as the decoder is to write it, with its end token. Rejects: empty_target."""
    if not target.strip():
        raise Reject("empty_target", "there is nothing to write")
    ids = list(tokenizer(text_target=target)["input_ids"])
    return ids if ids[-1] == tokenizer.eos_token_id else [*ids, tokenizer.eos_token_id]


class Seq2SeqWriter:
    """Writes the target of a text. Reads: text; lang and target, where they are known."""

    def __init__(self, folder: Path, settings: Mapping[str, Target]) -> None:
        from transformers import AutoModelForSeq2SeqLM

        self.task, self.instructions = settings_for_writing(settings)
        model, self.tokenizer = load_saved(AutoModelForSeq2SeqLM, folder)
        self.model = feed_decoder(model)
        self.max_length = int(settings["max_length"])
        self.max_new_tokens = int(settings["max_new_tokens"])
        self.num_beams = int(settings.get("num_beams", 1))

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        """One text per row, in order; log_likelihood and tokens where the row has a `target`."""
        prompts = [self._source(row) for row in rows]
        texts = decoding.write(self.model, self.tokenizer, prompts, self.max_new_tokens, self.num_beams)
        return [
            Prediction(text, log_likelihood=total, tokens=tokens)
            for text, (total, tokens) in zip(texts, self.likelihoods(rows), strict=True)
        ]

    def likelihoods(self, rows: Sequence[Row], batch: int = decoding.BATCH) -> list[tuple[float | None, int]]:
        """Sum of the log probabilities of the true target and its end token, and their number."""
        examples: list[Example | None] = [
            {"input_ids": self._source(row), "labels": target_ids(str(row["target"]), self.tokenizer)}
            if str(row.get("target") or "").strip()
            else None
            for row in rows
        ]
        return decoding.likelihoods(self.model, examples, collate(self.tokenizer), batch)

    def _source(self, row: Row) -> list[int]:
        return _source_ids(row, self.tokenizer, self.task, self.instructions, self.max_length)[0]


def _source_ids(
    row: Row, tokenizer: PreTrainedTokenizerBase, task: Task, own: Mapping[str, str], max_length: int
) -> tuple[list[int], bool]:
    template, text = instruction(row, task, own, plain=True), str(row["text"])

    def ids(text: str) -> list[int]:
        return list(tokenizer(filled(template, text))["input_ids"])

    found = ids(text)
    if len(found) <= max_length:
        return found, False
    return ids(cut_to_fit(text, lambda part: len(ids(part)), max_length)), True


def _set_dropout(model: PreTrainedModel, rate: float) -> None:
    import torch

    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = rate
        elif isinstance(getattr(module, "dropout", None), float):  # BART and its kin keep a rate, not a layer
            module.dropout = rate  # type: ignore[assignment]
