"""Attention over packed rows, example by example: what lies outside the blocks of the mask is never computed.

PyTorch's kernel for CPUs computes a whole row and masks most of it away: with three examples a row that is twice the
work, and a mask makes it slower still. Accelerators have kernels of their own for this, so theirs is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn
    from transformers import PreTrainedModel

_NAME = "sdpa_by_example"


def use(model: PreTrainedModel) -> bool:
    """Let `model` attend example by example; False, and nothing changed, where it does not run PyTorch's own kernel."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    if model.config._attn_implementation != "sdpa":
        return False
    AttentionInterface.register(_NAME, _attention)
    AttentionMaskInterface.register(_NAME, sdpa_mask)
    model.set_attn_implementation(_NAME)
    return True


def leave(model: PreTrainedModel) -> None:
    """Undo `use`."""
    model.set_attn_implementation("sdpa")


def _attention(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **settings: Any
) -> tuple[Tensor, Tensor | None]:
    """The interface of transformers: (batch, heads, tokens, size) to (batch, tokens, heads, size), and no weights."""
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    places: Tensor | None = settings.get("position_ids")
    if places is None or settings.get("position_bias") is not None or not _are_blocks(attention_mask, places):
        return sdpa_attention_forward(module, query, key, value, attention_mask, **settings)
    return _by_example(query, key, value, places, settings), None


def _are_blocks(mask: Tensor | None, places: Tensor | None) -> bool:
    """Whether each token sees just the tokens of its example up to itself: as many as its position says."""
    if mask is None or places is None or mask.device.type != "cpu" or str(mask.dtype) != "torch.bool":
        return False
    if places.shape != mask.shape[::2]:
        return False
    return mask.shape[1] == 1 and mask.shape[2] == mask.shape[3] and bool((mask.sum(-1)[:, 0] == places + 1).all())


def _by_example(
    query: Tensor, key: Tensor, value: Tensor, places: Tensor, settings: Mapping[str, float | None]
) -> Tensor:
    import torch

    rows = []
    for *states, row in zip(query, key, value, places, strict=True):
        starts = (row == 0).nonzero().flatten()
        sizes = torch.diff(starts, append=starts.new_tensor([len(row)])).tolist()
        parts = [
            torch.nn.functional.scaled_dot_product_attention(
                q[None],
                k[None],
                v[None],
                dropout_p=settings.get("dropout") or 0.0,
                scale=settings.get("scaling"),
                is_causal=True,
                enable_gqa=key.shape[1] != query.shape[1],
            )[0]
            for q, k, v in zip(*(state.split(sizes, dim=1) for state in states), strict=True)
        ]
        rows.append(torch.cat(parts, dim=1))
    return torch.stack(rows).transpose(1, 2).contiguous()
