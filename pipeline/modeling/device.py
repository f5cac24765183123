"""Where a model computes, in which type of number, how much of a batch at once: decided here for every stage.

`auto` means: a CUDA card with bfloat16 (float16 on cards without it); Apple's GPU in float32; else the processor in
float32, but embeddings in bfloat16 where it computes with it (AVX-512 BF16, AMX): they come 2.7 times as fast, at a
cosine of at least .9999 to the exact ones. `SFT_DEVICE` (cpu, cuda, cuda:1, mps) and `SFT_DTYPE` (float32, bfloat16,
float16) in the environment overrule it: they belong to a machine, not to a project.
"""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pipeline.core.errors import PipelineError

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

Item = TypeVar("Item")
Result = TypeVar("Result")
Network = TypeVar("Network")

#: Tokens, padding included, that an accelerator gets at once; halved where its memory is too small.
#: A guess: not measured.
TOKENS = 16_384
_DTYPES = ("float32", "bfloat16", "float16")
_DEVICE = re.compile(r"cpu|mps|cuda(:\d+)?")
#: What Linux has where there are cards: NVIDIA's driver, the same in WSL, AMD's.
_CARDS = ("nvidiactl", "dxg", "kfd")
#: How torch says that memory is used up, on processors and accelerators.
_MEMORY = re.compile(r"out of memory|can't allocate memory|not enough memory")


@dataclass(frozen=True)
class Placement:
    """A device and a type of number, by the names that torch has for them."""

    device: str
    dtype: str

    @property
    def mark(self) -> str:
        """What the key of a cached result says of it: nothing for float32."""
        return "" if self.dtype == "float32" else f" {self.dtype}"

    @property
    def is_processor(self) -> bool:
        """Whether batches are many and small, one a core."""
        return self.device == "cpu"

    def rows(self, length: int, on_processor: int) -> int:
        """Rows of a batch whose rows take `length` tokens: `on_processor`, or what makes up `TOKENS`."""
        return on_processor if self.is_processor else max(1, TOKENS // max(length, 1))

    def put(self, model: Network) -> Network:
        """The model on the device, its weights in the type. Exported models (ONNX) stay where they are."""
        import torch

        if not hasattr(model, "to"):
            return model
        placed: Network = model.to(device=self.device, dtype=getattr(torch, self.dtype))
        return placed


def placement(embeds: bool = False) -> Placement:
    """Where this machine computes. `embeds`: for vectors that are compared and fitted on, not for a model's answers.

    Raises PipelineError where SFT_DEVICE or SFT_DTYPE name nothing that torch has here.
    """
    device = os.environ.get("SFT_DEVICE", "auto")
    dtype = os.environ.get("SFT_DTYPE", "auto")
    device = _best_device() if device == "auto" else _checked(device)
    if dtype == "auto":
        return Placement(device, _best_dtype(device, embeds))
    if dtype not in _DTYPES:
        raise PipelineError(f"SFT_DTYPE is '{dtype}'.", f"Set it to auto, {', '.join(_DTYPES[:-1])} or {_DTYPES[-1]}.")
    return Placement(device, dtype)


def to_model(batch: Mapping[str, Tensor], model: PreTrainedModel) -> dict[str, Tensor]:
    """A batch with its tensors on the model's device; switches stay as they are."""
    return {name: value.to(model.device) if hasattr(value, "to") else value for name, value in batch.items()}


def halving(work: Callable[[Sequence[Item]], Result], items: Sequence[Item]) -> Iterator[tuple[Sequence[Item], Result]]:
    """`work` on the items with its result; where memory runs out, on the halves of them, down to single ones."""
    try:
        result = work(items)
    except (RuntimeError, MemoryError) as error:
        if len(items) < 2 or not is_out_of_memory(error):
            raise
    else:
        yield items, result
        return
    _free_memory()
    half = len(items) // 2
    yield from halving(work, items[:half])
    yield from halving(work, items[half:])


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory is used up, on the processor or an accelerator."""
    return isinstance(error, MemoryError) or bool(_MEMORY.search(str(error)))


def training_dtype(wanted: str) -> str:
    """What training mixes float32 with, by `train.precision`: by itself float32 (so nothing) on processors."""
    if wanted != "auto":
        return wanted
    place = placement()
    return "float32" if place.is_processor else place.dtype


def _checked(device: str) -> str:
    import torch

    if not _DEVICE.fullmatch(device):
        raise PipelineError(f"SFT_DEVICE is '{device}'.", "Set it to auto, cpu, cuda, cuda:<number> or mps.")
    kind = device.partition(":")[0]
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}[kind]
    if not there:
        raise PipelineError(f"SFT_DEVICE is '{device}', but torch finds none here.", "Set it to auto or cpu.")
    return device


def _best_device() -> str:
    if "torch" not in sys.modules and not _may_have_accelerator():
        return "cpu"  # known without importing torch, which a stage whose results are all cached never needs
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _may_have_accelerator() -> bool:
    return not sys.platform.startswith("linux") or any(os.path.exists(f"/dev/{name}") for name in _CARDS)


def _best_dtype(device: str, embeds: bool) -> str:
    if device.startswith("cuda"):
        import torch

        return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    return "bfloat16" if device == "cpu" and embeds and has_fast_bfloat16() else "float32"


def has_fast_bfloat16() -> bool:
    """Whether this processor multiplies in bfloat16; others imitate it, which is slower than float32."""
    with open("/proc/cpuinfo", encoding="utf-8") if os.path.exists("/proc/cpuinfo") else open(os.devnull) as file:
        flags = next((line for line in file if line.startswith("flags")), "").split()
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _free_memory() -> None:
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
