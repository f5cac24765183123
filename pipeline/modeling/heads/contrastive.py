"""Contrastive fine-tuning of an encoder on few labelled texts, before its linear head is fitted.

Pairs of texts are drawn, one half of equal labels; the cosine of their vectors is brought to 1 or 0. So each row
teaches many times, which is what few rows need. Source: SetFit, Tunstall et al. 2022, https://arxiv.org/abs/2209.11055.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from random import Random
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np

from pipeline.modeling.device import to_model
from pipeline.modeling.training.recipe import Contrastive

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Item = TypeVar("Item")

_BATCH = 32  # a guess: not measured


def tune(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    labels: Sequence[str],
    settings: Contrastive,
    length: int,
    seed: int,
) -> NDArray[np.float32]:
    """Train the layers of a mean-pooled BERT classifier in place; its vectors of the texts after that.

    Embeddings of words stay: few texts say nothing of most of them.
    """
    import torch

    body = cast("PreTrainedModel", model.bert)
    trained = [p for name, p in body.named_parameters() if p.requires_grad and not name.startswith("embeddings")]
    optimizer = torch.optim.AdamW(trained, lr=settings.learning_rate)
    drawn = list(pairs(labels, settings.pairs, seed))
    model.train()
    for part in _parts(drawn, settings.batch_size):
        chosen = [texts[n] for pair in part for n in pair[:2]]
        vectors = _vectors(body, tokenizer, chosen, length)
        cosines = torch.nn.functional.cosine_similarity(vectors[::2], vectors[1::2])
        wanted = torch.tensor([float(same) for *_, same in part], device=cosines.device)
        loss = torch.nn.functional.mse_loss(cosines, wanted)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
    model.eval()
    with torch.inference_mode():
        found = [_vectors(body, tokenizer, part, length).float().cpu().numpy() for part in _parts(texts, _BATCH)]
    return np.concatenate(found)


def _parts(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in order, `size` at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))


def pairs(labels: Sequence[str], each: int, seed: int) -> Iterator[tuple[int, int, bool]]:
    """For each row `each` partners, in turns of its label and of another, in a random order of all.

    A label with one row has no partner of its own.
    """
    random = Random(seed)
    of_label: defaultdict[str, list[int]] = defaultdict(list)
    for n, label in enumerate(labels):
        of_label[label].append(n)
    found = []
    for n, label in enumerate(labels):
        same = [m for m in of_label[label] if m != n]
        other = [m for m, its in enumerate(labels) if its != label]
        for pool, is_same in islice(cycle(((same, True), (other, False))), each):
            if pool:
                found.append((n, random.choice(pool), is_same))
    random.shuffle(found)
    yield from found


def _vectors(body: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], length: int) -> Tensor:
    batch = tokenizer(list(texts), padding=True, truncation=True, max_length=length, return_tensors="pt")
    found: Tensor = body(**to_model(batch, body)).pooler_output  # (texts, hidden)
    return found
