"""A linear start of a model's last layer: from a regression on what it receives before any training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from pipeline.modeling.batches import Collate, Example, outputs
from pipeline.modeling.features.linear import THOROUGH, LinearHead, fit, out_of_fold_logits, stratified_folds
from pipeline.modeling.lm.loss_masking import IGNORED

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor, nn
    from transformers import PreTrainedModel

#: C of the regression behind a tag layer, on standardised states: what is chosen from; the first where rows are
#: too few to choose. A fifth was held out of 400 train sentences of CLUENER with e5 and of 800 of W-NUT with MiniLM:
#: span F1 from .001 to 1.0 was .10, .27, .29, .26, .23, .20 and .15, .27, .31, .35, .32, .26. The C that is right about
#: most tags (.01; .03) had the best span F1 in both, the one of least log loss (.003; .01) in neither.
_STRENGTHS = (0.01, 0.003, 0.03, 0.001, 0.1, 1.0)
#: Units that C is chosen on, in five folds: some seconds of a core. A guess: not measured.
_CHOOSE_UNITS = 10_000


def last_layer(model: PreTrainedModel, size: int) -> nn.Linear:
    """The linear layer that gives the answer: the last one with `size` outputs."""
    import torch

    return [m for m in model.modules() if isinstance(m, torch.nn.Linear) and m.out_features == size][-1]


@contextmanager
def received(layer: nn.Linear) -> Iterator[list[Tensor]]:
    """The inputs of `layer`, one tensor a forward pass, while the context lasts."""
    seen: list[Tensor] = []
    hook = layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    try:
        yield seen
    finally:
        hook.remove()


def set_tag_layer(model: PreTrainedModel, examples: Sequence[Example], collate: Collate, batch: int) -> None:
    """Start the tag layer from logistic regression on its inputs; tags without a token are the least likely.

    With fresh weights the first passes over the data go into finding what the pretrained states tell already. Its C is
    chosen by cross-validation on these rows (`_choose_strength`).
    """
    import torch

    if not examples:
        return
    layer = last_layer(model, int(model.config.num_labels or 0))
    states, tags, rows = _states(model, layer, examples, collate, batch)
    if len(set(tags.tolist())) < 2:
        return
    mean, spread = states.mean(axis=0), states.std(axis=0) + 1e-6
    features, given = (states - mean) / spread, np.array([f"{tag:06d}" for tag in tags.tolist()])
    head = fit(features, given.tolist(), _choose_strength(features, given, rows), tolerance=THOROUGH)
    coefficients, biases = _one_row_a_class(head)
    weights = coefficients / spread
    order = [int(name) for name in head.labels]
    with torch.no_grad():
        # As if such a tag had been seen half a time, whatever the state.
        layer.weight.zero_()
        layer.bias.fill_(float(biases.min() - np.log(2 * np.unique(tags, return_counts=True)[1].min())))
        layer.weight[order] = torch.tensor(weights, dtype=torch.float32, device=layer.weight.device)
        layer.bias[order] = torch.tensor(biases - weights @ mean, dtype=torch.float32, device=layer.bias.device)


def _choose_strength(features: NDArray[np.float32], tags: NDArray[np.str_], rows: NDArray[np.int64]) -> float:
    """The C that is right about most tags of held-out rows; of equals the first."""
    order = np.random.default_rng(0).permutation(int(rows.max()) + 1)
    sizes = np.bincount(rows, minlength=len(order))[order]
    chosen = np.isin(rows, order[np.cumsum(sizes) - sizes < _CHOOSE_UNITS])
    features, own, groups = features[chosen], tags[chosen], [str(row) for row in rows[chosen].tolist()]
    fold_of = stratified_folds(np.unique(own, return_inverse=True)[1], groups, 5)
    if any(len(set(own[fold_of != fold].tolist())) < 2 for fold in set(fold_of.tolist())):
        return _STRENGTHS[0]
    right: dict[float, int] = {}
    for strength in _STRENGTHS:
        names, logits = out_of_fold_logits(features, own.tolist(), fold_of, strength)
        right[strength] = int((np.array(names)[logits.argmax(axis=1)] == own).sum())
    return max(right, key=lambda strength: right[strength])


def _states(
    model: PreTrainedModel, layer: nn.Linear, examples: Sequence[Example], collate: Collate, batch: int
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """What the layer receives for every token with a tag, these tags, and the row each is of."""
    states: list[NDArray[np.float32]] = []
    tags: list[NDArray[np.int64]] = []
    rows: list[int] = []
    with received(layer) as seen:
        for picked, _, labels in outputs(model, examples, collate, batch):
            known = labels != IGNORED
            states.append(seen.pop()[known].float().cpu().numpy())
            tags.append(labels[known].cpu().numpy())
            for n, count in zip(picked, known.sum(dim=1).tolist(), strict=True):
                rows += [int(examples[n]["row"])] * int(count)
    return np.concatenate(states), np.concatenate(tags), np.array(rows, np.int64)


def _one_row_a_class(head: LinearHead) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights and biases; of two classes each gets half."""
    weights, biases = head.weights.astype(np.float64), head.biases.astype(np.float64)
    if len(head.labels) == 2:
        return np.concatenate([-weights, weights]) / 2, np.concatenate([-biases, biases]) / 2
    return weights, biases
