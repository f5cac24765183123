"""What autograd hands a function of ours that knows its own gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Context(Protocol):
    """What is kept between the way there and the way back."""

    scale: float  # of the low-rank part; free for any other function
    saved_tensors: tuple[Tensor, ...]
    needs_input_grad: tuple[bool, ...]

    def save_for_backward(self, *tensors: Tensor) -> None:
        """Keep these as `saved_tensors`."""
