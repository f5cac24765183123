"""A linear-chain conditional random field over the tags of a text: `train.crf`.

Beside each unit's own scores it learns a score for every pair of neighbouring tags, and the whole sequence is
normalised at once (Lafferty et al. 2001; on neural scores Lample et al. 2016, https://arxiv.org/abs/1603.01360). The
saved model is a stock token classifier; the pairs' scores stand in `sft.json`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from pipeline.modeling.lm.loss_masking import IGNORED
from pipeline.modeling.training.losses import Loss, WithLogits

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor, nn

    Floats = NDArray[np.float64]


def add_transitions(model: nn.Module, classes: int) -> None:
    """Give the model scores of neighbouring tags to learn, `model.crf.transitions`: (from, to), all 0 at first."""
    import torch

    part = torch.nn.Module()
    part.register_parameter("transitions", torch.nn.Parameter(torch.zeros(classes, classes)))
    model.crf = part


def take_transitions(model: nn.Module) -> None:
    """Leave a stock token classifier, for saving."""
    if hasattr(model, "crf"):
        del model.crf


def transitions_of(model: nn.Module) -> Floats | None:
    """The scores as they stand; None where the model has none."""
    part = getattr(model, "crf", None)
    return None if part is None else np.asarray(part.transitions.detach().cpu().numpy(), np.float64)


def crf_loss(model: nn.Module) -> Loss:
    """Minus the log probability of each row's tags, summed, over the tags of the whole step.

    Positions labelled -100 stand between no tags: a unit's neighbour is the next one that has a tag.
    """

    def loss(outputs: WithLogits, labels: Tensor, num_items_in_batch: Tensor | None = None) -> Tensor:
        transitions = cast("Tensor", model.get_parameter("crf.transitions"))
        total = negative_log_likelihood(outputs.logits, labels, transitions)
        return total / (num_items_in_batch if num_items_in_batch is not None else (labels != IGNORED).sum())

    return loss


def negative_log_likelihood(logits: Tensor, labels: Tensor, transitions: Tensor) -> Tensor:
    """Summed over rows. Shapes (batch, tokens, classes), (batch, tokens), (classes, classes)."""
    kept = labels != IGNORED
    order = (~kept).long().argsort(dim=1, stable=True)  # units first, in their order
    mask = kept.gather(1, order)
    length = int(mask.sum(1).max())
    order, mask = order[:, :length], mask[:, :length]
    scores = logits.float().gather(1, order[..., None].expand(-1, -1, logits.shape[-1]))
    tags = labels.gather(1, order).clamp(min=0)
    own = scores.gather(2, tags[..., None])[..., 0]
    pairs = transitions[tags[:, :-1], tags[:, 1:]]
    path = (own * mask).sum(1) + (pairs * mask[:, 1:]).sum(1)
    if not length:
        return path.sum()
    reached = scores[:, 0]  # (batch, classes): log of the sum over all paths that end in a tag
    for n in range(1, length):
        step = (reached[:, :, None] + transitions).logsumexp(dim=1) + scores[:, n]
        reached = step.where(mask[:, n, None], reached)
    found: Tensor = ((reached.logsumexp(dim=1) - path) * mask[:, 0]).sum()
    return found


def log_marginals(scores: Floats, transitions: Floats) -> Floats:
    """Each unit's log probability of each tag, over all sequences (forward-backward); shape (units, classes)."""
    ahead, back = scores.copy(), np.zeros_like(scores)
    for n in range(1, len(scores)):
        ahead[n] += np.logaddexp.reduce(ahead[n - 1][:, None] + transitions, axis=0)
        m = len(scores) - 1 - n
        back[m] = np.logaddexp.reduce(transitions + scores[m + 1] + back[m + 1], axis=1)
    both = ahead + back
    found: Floats = both - np.logaddexp.reduce(both, axis=1, keepdims=True) if len(scores) else both
    return found
