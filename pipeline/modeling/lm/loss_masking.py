"""Which tokens carry no loss: those of a chat that are not to be learned are masked."""

from __future__ import annotations

#: Label of a token that carries no loss. PyTorch's default `ignore_index` of cross-entropy.
IGNORED = -100
