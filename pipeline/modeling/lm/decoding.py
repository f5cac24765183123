"""What language models share: gathering examples, writing text, and how likely the true text is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from pipeline.core.errors import PipelineError
from pipeline.core.progress import counted
from pipeline.core.record import Reject
from pipeline.modeling.batches import Collate, Example, Examples, Row, by_length, outputs, padded
from pipeline.modeling.device import halving, to_model
from pipeline.modeling.lm.loss_masking import IGNORED

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

#: Rows that are written or scored at a time. A guess: not measured.
BATCH = 8
#: Tokens that are scored at a time, where a row is not longer: logits of a vocabulary of 49,152 take 200 KB each.
#: `evaluate` of instruct_seeds (benchmarks/tasks.py) took 2.9 GB with it, 14.5 before.
TOKENS = 2048
#: Positions whose losses are computed at a time: each step of it copies their logits. A guess: not measured.
_CHUNK = 256


def gather(rows: Sequence[Row], encode: Callable[[Row], tuple[Example, bool]], what: str) -> Examples:
    """`encode` of every row: its example, and whether it was cut. Rows it rejects are counted by reason.

    Raises PipelineError where no row is left; `what` names the rows.
    """
    items: list[Example] = []
    dropped: Counter[str] = Counter()
    cut = 0
    for row in rows:
        try:
            example, was_cut = encode(row)
        except Reject as reject:
            dropped[reject.reason] += 1
            continue
        items.append(example)
        cut += was_cut
    if rows and not items:
        raise PipelineError(
            f"train: none of {len(rows)} {what} can be learned from: {dict(sorted(dropped.items()))}.",
            "Raise train.max_length, or check that the base model's chat template fits these rows.",
        )
    return Examples(items, dict(sorted(dropped.items())), cut)


def write(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Sequence[int]],
    max_tokens: int,
    beams: int,
    stops: Sequence[int] = (),
) -> list[str]:
    """What the model writes for each prompt, greedy or by beam search, without control tokens; see `write_ids`."""
    if not prompts:
        return []  # some tokenizers decode no sequences to one empty text
    found = write_ids(model, tokenizer, prompts, max_tokens, beams, stops)
    return [text.strip() for text in tokenizer.batch_decode(found, skip_special_tokens=True)]


def write_ids(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Sequence[int]],
    max_tokens: int,
    beams: int,
    stops: Sequence[int] = (),
) -> list[list[int]]:
    """The tokens that the model writes for each prompt, through the first that ends a text.

    `stops` are the tokens that end a text; the tokenizer's end of text where they are not given.
    """
    import torch

    reads_apart = bool(model.config.is_encoder_decoder)
    pad = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    ends = list(stops) or [tokenizer.eos_token_id]
    written: list[list[int]] = [[] for _ in prompts]

    def run(rows: Sequence[int]) -> Tensor:
        batch = padded([prompts[n] for n in rows], tokenizer, side="right" if reads_apart else "left")
        with torch.inference_mode():
            found: Tensor = cast("Any", model).generate(
                **to_model(batch, model),
                max_new_tokens=max_tokens,
                do_sample=False,
                num_beams=beams,
                pad_token_id=pad,
                eos_token_id=ends if stops else tokenizer.eos_token_id,
            )
        return found

    batches = counted(by_length(list(map(len, prompts)), BATCH), "replies written", len(prompts))
    for rows, found in chain.from_iterable(halving(run, part) for part in batches):
        # A seq2seq model's text begins with the token that starts its decoder.
        new = found[:, 1:] if reads_apart else found[:, max(len(prompts[n]) for n in rows) :]
        for n, ids in zip(rows, new.tolist(), strict=True):
            written[n] = through_end(ids, ends)
    return written


def through_end(ids: Sequence[int], ends: Sequence[int]) -> list[int]:
    """The tokens through the first that ends a text: what comes behind it is padding."""
    stop = next((n for n, id in enumerate(ids, 1) if id in ends), len(ids))
    return list(ids[:stop])


def likelihoods(
    model: PreTrainedModel, examples: Sequence[Example | None], collate: Collate, batch: int = BATCH
) -> list[tuple[float | None, int]]:
    """Sum of the log probabilities of each example's labels, and their number; (None, 0) for None."""
    found = token_losses(model, examples, collate, batch)
    return [(None, 0) if losses is None else (-math.fsum(losses), len(losses)) for losses in found]


def token_losses(
    model: PreTrainedModel, examples: Sequence[Example | None], collate: Collate, batch: int = BATCH
) -> list[list[float] | None]:
    """The loss (nats) of each labelled token of each example, in order; None for None."""
    known = [n for n, example in enumerate(examples) if example is not None]
    found: list[list[float] | None] = [None] * len(examples)
    for picked, logits, labels in outputs(model, [e for e in examples if e is not None], collate, batch, TOKENS):
        for n, scores, label in zip(picked, logits, labels, strict=True):
            found[known[n]] = _losses(scores, label)
    return found


def _losses(logits: Tensor, labels: Tensor) -> list[float]:
    """Cross-entropy at the labelled positions of a row: logits (positions, vocabulary), labels (positions)."""
    import torch

    parts = zip(torch.split(logits, _CHUNK), torch.split(labels, _CHUNK), strict=True)
    losses = [
        torch.nn.functional.cross_entropy(some.float(), ids, reduction="none")[ids != IGNORED] for some, ids in parts
    ]
    return [float(value) for value in torch.cat(losses).double().tolist()]
