"""A BiLSTM with a CRF: what named entity recognition reached between linear taggers and pretrained encoders.

A reference, learned from the train split alone: embeddings of units, affixes and shapes, one bidirectional LSTM, the
scores of `crf.py` on top. Source: Lample et al. 2016, https://arxiv.org/abs/1603.01360, without its characters' LSTM
(affixes and shapes stand for it) and without pretrained vectors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random
from typing import TYPE_CHECKING, cast

import numpy as np

from pipeline.core.progress import Progress
from pipeline.core.record import Span
from pipeline.modeling.features.linear_tagger import shape
from pipeline.modeling.features.tagging_units import best_tags, to_spans, to_tags, units
from pipeline.modeling.heads.crf import negative_log_likelihood
from pipeline.modeling.lm.loss_masking import IGNORED

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor, nn

#: Numbers that a unit, its first three letters, its last three and its shape are embedded in; of the LSTM's state, each
#: way; passes; texts a step; the rate; the share of what is left out, and of units read as unknown. Guesses, measured
#: once: of 1,500 train sentences they reached a span F1 of .552 on 400 other train sentences of CLUENER (linear
#: tagger .424), of .324 on W-NUT (.326).
_EMBEDDED, _STATE, _PASSES, _BATCH, _RATE, _DROPOUT, _UNKNOWN = (64, 16, 16, 8), 96, 12, 16, 4e-3, 0.3, 0.1
_LONGEST = 128  # units that are learned from in one go; a guess: not measured


def tag_by_bilstm(
    train: Sequence[tuple[str, Sequence[Span]]], texts: Sequence[str], labels: Sequence[str], seed: int = 0
) -> list[list[Span]]:
    """The spans of each text, learned from (text, spans) pairs; none where these have none to learn."""
    import torch

    if not any(spans for _, spans in train):
        return [[] for _ in texts]
    read = [[text[start:end] for start, end in units(text)] for text, _ in train]
    known = _numbers(read)
    tags = [to_tags(spans, units(text), labels) for text, spans in train]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = _network([len(one) + 2 for one in known], 2 * len(labels) + 1)
        pieces = [
            (words[start : start + _LONGEST], own[start : start + _LONGEST])
            for words, own in zip(read, tags, strict=True)
            for start in range(0, len(words), _LONGEST)
        ]
        _learn(network, known, pieces, Random(seed))
    return [_tagged(network, known, text, labels) for text in texts]


def _views(word: str) -> tuple[str, ...]:
    """What is looked up of a unit."""
    return word.lower(), word[:3], word[-3:], shape(word)


def _numbers(read: Sequence[Sequence[str]]) -> list[dict[str, int]]:
    """For each view the number of what train shows, from 2 on: 0 is padding, 1 is unknown."""
    counts: list[Counter[str]] = [Counter() for _ in _EMBEDDED]
    for words in read:
        for word in words:
            for count, view in zip(counts, _views(word), strict=True):
                count[view] += 1
    return [{view: n for n, view in enumerate(sorted(count), 2)} for count in counts]


def _network(sizes: Sequence[int], classes: int) -> nn.ModuleDict:
    import torch

    tables = [torch.nn.Embedding(size, width, padding_idx=0) for size, width in zip(sizes, _EMBEDDED, strict=True)]
    network = torch.nn.ModuleDict(
        {
            "tables": torch.nn.ModuleList(tables),
            "lstm": torch.nn.LSTM(sum(_EMBEDDED), _STATE, batch_first=True, bidirectional=True),
            "scores": torch.nn.Linear(2 * _STATE, classes),
        }
    )
    network.register_parameter("transitions", torch.nn.Parameter(torch.zeros(classes, classes)))
    return network


def _learn(
    network: nn.ModuleDict,
    known: Sequence[dict[str, int]],
    pieces: Sequence[tuple[Sequence[str], Sequence[int]]],
    random: Random,
) -> None:
    """Adam on minus the log probability of whole sequences; some units are read as unknown, so that those are known."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    optimizer = torch.optim.Adam(network.parameters(), lr=_RATE)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, max(1, _PASSES * -(-len(pieces) // _BATCH)))
    progress = Progress("passes of the BiLSTM", _PASSES)
    for _ in range(_PASSES):
        for batch in _batches(pieces, random):
            ids = [_ids(words, known, random) for words, _ in batch]
            target = pad_sequence(
                [torch.tensor(own) for _, own in batch], batch_first=True, padding_value=IGNORED
            )  # (texts, units)
            logits = _forward(network, ids, training=True)
            loss = negative_log_likelihood(logits, target, network.get_parameter("transitions"))
            optimizer.zero_grad()
            (loss / len(batch)).backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimizer.step()
            schedule.step()
        progress.add()


def _batches(
    pieces: Sequence[tuple[Sequence[str], Sequence[int]]], random: Random
) -> Iterator[list[tuple[Sequence[str], Sequence[int]]]]:
    order = list(pieces)
    random.shuffle(order)
    return (order[start : start + _BATCH] for start in range(0, len(order), _BATCH))


def _ids(words: Sequence[str], known: Sequence[dict[str, int]], random: Random | None = None) -> NDArray[np.int64]:
    """The numbers of a text's units, shape (units, views)."""
    found = [[numbers.get(view, 1) for numbers, view in zip(known, _views(word), strict=True)] for word in words]
    if random is not None:
        for row in found:
            if random.random() < _UNKNOWN:
                row[0] = 1
    return np.array(found, np.int64)


def _forward(network: nn.ModuleDict, texts: Sequence[NDArray[np.int64]], training: bool = False) -> Tensor:
    """The scores of every unit's tags, shape (texts, units, classes)."""
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

    ids = pad_sequence([torch.from_numpy(one) for one in texts], batch_first=True)  # (texts, units, views)
    tables = cast("nn.ModuleList", network["tables"])
    embedded = torch.cat([table(ids[..., n]) for n, table in enumerate(tables)], dim=-1)
    dropped = torch.nn.functional.dropout(embedded, _DROPOUT, training)
    packed = pack_padded_sequence(dropped, torch.tensor(list(map(len, texts))), batch_first=True, enforce_sorted=False)
    states = pad_packed_sequence(network["lstm"](packed)[0], batch_first=True)[0]
    found: Tensor = network["scores"](torch.nn.functional.dropout(states, _DROPOUT, training))
    return found


def _tagged(network: nn.ModuleDict, known: Sequence[dict[str, int]], text: str, labels: Sequence[str]) -> list[Span]:
    import torch

    bounds = units(text)
    if not bounds:
        return []
    with torch.inference_mode():
        logits = _forward(network, [_ids([text[start:end] for start, end in bounds], known)])[0].double().numpy()
    transitions = network.get_parameter("transitions").detach().double().numpy()
    return [span for span, _ in to_spans(best_tags(logits, transitions), bounds, labels)]
