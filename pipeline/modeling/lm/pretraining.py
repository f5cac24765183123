"""Continued pretraining: a model reads the project's own texts before it learns the task (domain adaptation).

Encoders guess masked tokens, generators the next one. Source: Gururangan et al. 2020, https://arxiv.org/abs/2004.10964.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, cast

import numpy as np

from pipeline.core.errors import PipelineError, shorten
from pipeline.core.progress import Progress
from pipeline.modeling.device import placement, to_model
from pipeline.modeling.lm.generator import generator_folder
from pipeline.modeling.lm.loss_masking import IGNORED
from pipeline.modeling.load_errors import load_errors
from pipeline.modeling.loading import check_room, load_tokenizer, quiet
from pipeline.modeling.models import SCRATCH, TFIDF, Model, local_path

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    Floats = NDArray[np.float64]
    #: The tokens of a window, and the number of the text that it is of.
    Window = tuple[list[int], int]

_MASKED = 0.15  # share of tokens that are guessed; BERT's (Devlin et al. 2019, https://arxiv.org/abs/1810.04805)
_WARM_UP = 0.1  # share of steps in which the rate rises; as in training/recipe.py
_ROUNDS = 4  # of other masks in each text that is held out; a guess: not measured
_FEWEST = 4  # shorter windows teach nothing; a guess: not measured


@dataclass(frozen=True)
class Reading:
    """How the texts are read."""

    epochs: float = 1.0  # passes over the texts
    max_length: int = 128  # tokens of a window; longer texts are read in several. A guess: not measured
    batch_size: int = 16  # windows a step; a guess: not measured
    learning_rate: float = 5e-5  # a guess: not measured
    seed: int = 0


@dataclass(frozen=True)
class Read:
    """What came of it: loss per guessed token of each held-out text that has any, before and after, in nats."""

    before: Floats
    after: Floats
    windows: int
    steps: int
    fresh: tuple[str, ...]  # weights of the layer that guesses that were no part of the model: `before` says little


def read_on(
    model: Model, masked: bool, texts: Sequence[str], held_out: Sequence[str], reading: Reading, out: Path
) -> Read:
    """Train on `texts`, judge on `held_out`, write a folder that `models.encoder` or `models.generator` can name."""
    import torch

    torch.manual_seed(reading.seed)
    tokenizer, network, fresh = _loaded(model, masked, reading)
    end = "" if masked else tokenizer.eos_token or ""
    windows, judged = (
        _windows(tokenizer, [text + end for text in some], reading.max_length) for some in (texts, held_out)
    )
    if not windows or not judged:
        raise PipelineError("pretrain: the texts are too few or too short.", "Give it some hundred sentences or more.")
    judged = judged * _ROUNDS if masked else judged
    batches = list(_batches(tokenizer, judged, reading, masked, 1))  # the same masks before and after
    before = _losses(network, batches, masked)
    if not before:
        raise PipelineError("pretrain: in the texts held out there is no token to guess.", "Give it more texts.")
    steps = max(1, round(reading.epochs * -(-len(windows) // reading.batch_size)))
    _train(network, _forever(tokenizer, windows, reading, masked), steps, reading.learning_rate, masked)
    after = _losses(network, batches, masked)
    network.save_pretrained(out)
    tokenizer.save_pretrained(out)
    known = sorted(before)
    first, second = (np.array([one[n] for n in known]) for one in (before, after))
    return Read(first, second, len(windows), steps, fresh)


def _loaded(
    model: Model, masked: bool, reading: Reading
) -> tuple[PreTrainedTokenizerBase, PreTrainedModel, tuple[str, ...]]:
    where = "models.encoder" if masked else "models.generator"
    if model.name in (TFIDF, SCRATCH):
        raise PipelineError(f"{where}: '{model.name}' has no weights to train on.", "Name a pretrained model.")
    path = local_path(model, where) if masked else generator_folder(model)
    network, fresh = _network(path, masked, where)
    check_room(network.config, reading.max_length, where, "--max-length")
    tokenizer = load_tokenizer(path, network.config.vocab_size, where)
    if masked and tokenizer.mask_token is None:
        raise PipelineError(f"{where}: the tokenizer of '{path}' has no mask token.", "Name a model that has one.")
    return tokenizer, placement().put(network), fresh


def _network(path: str, masked: bool, where: str) -> tuple[PreTrainedModel, tuple[str, ...]]:
    from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

    quiet()  # what was no part of the model is in the result
    kind = AutoModelForMaskedLM if masked else AutoModelForCausalLM
    try:
        network, notes = cast(
            "tuple[PreTrainedModel, dict[str, set[str]]]",
            kind.from_pretrained(path, dtype="float32", output_loading_info=True),
        )
    except load_errors() as error:
        what = "masked" if masked else "causal"
        raise PipelineError(
            f"{where}: '{path}' is no {what} language model: {shorten(error, 200)}", "Name one that is."
        ) from None
    return network, tuple(sorted(name for name in notes["missing_keys"] if "position_ids" not in name))


def _windows(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], length: int) -> list[Window]:
    """The texts as windows of at most `length` tokens."""
    found: list[Window] = []
    for n, text in enumerate(texts):
        ids = tokenizer(text, truncation=True, max_length=length, return_overflowing_tokens=True)["input_ids"]
        found += [(list(part), n) for part in ids if len(part) >= _FEWEST]
    return found


def _batches(
    tokenizer: PreTrainedTokenizerBase, windows: Sequence[Window], reading: Reading, masked: bool, seed: int
) -> Iterator[tuple[dict[str, Tensor], list[int]]]:
    """Batches with labels, and the texts that their windows are of."""
    from transformers import DataCollatorForLanguageModeling

    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    collate = DataCollatorForLanguageModeling(tokenizer, mlm=masked, mlm_probability=_MASKED, seed=seed)
    for start in range(0, len(windows), reading.batch_size):
        part = windows[start : start + reading.batch_size]
        filled = tokenizer.pad({"input_ids": [ids for ids, _ in part]}, return_tensors="pt")
        rows = [{"input_ids": ids} for ids, _ in part]
        batch = collate(rows)
        labels = batch["labels"]
        if not masked:
            labels = filled["input_ids"].masked_fill(filled["attention_mask"] == 0, IGNORED)
        yield (
            {"input_ids": batch["input_ids"], "attention_mask": filled["attention_mask"], "labels": labels},
            [n for _, n in part],
        )


def _forever(
    tokenizer: PreTrainedTokenizerBase, windows: Sequence[Window], reading: Reading, masked: bool
) -> Iterator[dict[str, Tensor]]:
    """Batches in another order, with other masks, in each pass."""
    random, order, passes = Random(reading.seed), list(windows), 0
    while True:
        random.shuffle(order)
        passes += 1
        for batch, _ in _batches(tokenizer, order, reading, masked, reading.seed + 1000 * passes):
            yield batch


def _train(
    network: PreTrainedModel, batches: Iterator[dict[str, Tensor]], steps: int, rate: float, masked: bool
) -> None:
    import torch
    from transformers import get_linear_schedule_with_warmup

    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    schedule = get_linear_schedule_with_warmup(optimizer, max(1, int(_WARM_UP * steps)), steps + 1)
    progress = Progress("steps of pretraining", steps)
    network.train()
    for _, batch in zip(range(steps), batches, strict=False):
        losses, _ = _token_losses(network, batch, masked)
        if len(losses):
            optimizer.zero_grad()
            losses.mean().backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
        schedule.step()
        progress.add()
    network.eval()


def _token_losses(network: PreTrainedModel, batch: dict[str, Tensor], masked: bool) -> tuple[Tensor, Tensor]:
    """Loss of every guessed token, and the row of the batch that it is in.

    Of BERT's and RoBERTa's family the guessing layer is asked for these tokens alone: a vocabulary of 250,000 pieces
    for all tokens of a batch would take gigabytes.
    """
    import torch

    placed = to_model(batch, network)
    labels = placed.pop("labels")
    head = getattr(network, "cls", None) or getattr(network, "lm_head", None) if masked else None
    if not masked:
        labels = torch.nn.functional.pad(labels[:, 1:], (0, 1), value=IGNORED)
    kept = labels != IGNORED
    if head is not None:
        scores = head(network.base_model(**placed).last_hidden_state[kept])
    else:
        scores = cast("Tensor", network(**placed).logits)[kept]
    losses = torch.nn.functional.cross_entropy(scores.float(), labels[kept], reduction="none")
    return losses, kept.nonzero()[:, 0]


def _losses(
    network: PreTrainedModel, batches: Sequence[tuple[dict[str, Tensor], list[int]]], masked: bool
) -> dict[int, float]:
    """Text -> mean loss of its guessed tokens; texts without one are left out."""
    import torch

    total: dict[int, list[float]] = {}
    network.eval()
    with torch.inference_mode():
        for batch, texts in batches:
            losses, rows = _token_losses(network, dict(batch), masked)
            for loss, row in zip(losses.tolist(), rows.tolist(), strict=True):
                total.setdefault(texts[row], []).append(loss)
    return {n: float(np.mean(found)) for n, found in total.items()}
