"""Where models compute: `auto` on each kind of machine, what overrules it, and batches halved where memory runs out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.modeling import device
from pipeline.modeling.device import Placement, halving, placement
from pipeline.modeling.training.trainer import _precision
from tests.conftest import ROOT


def machine(monkeypatch: pytest.MonkeyPatch, cuda: bool, bf16: bool, mps: bool, fast_processor: bool) -> None:
    """Makes torch and the processor look like another machine's."""
    for name in ("SFT_DEVICE", "SFT_DTYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: bf16)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(device, "has_fast_bfloat16", lambda: fast_processor)


@pytest.mark.parametrize(
    ("cuda", "bf16", "mps", "fast", "embeds", "answers"),
    [
        (True, True, False, False, ("cuda", "bfloat16"), ("cuda", "bfloat16")),
        (True, False, False, True, ("cuda", "float16"), ("cuda", "float16")),
        (False, False, True, False, ("mps", "float32"), ("mps", "float32")),
        (False, False, False, True, ("cpu", "bfloat16"), ("cpu", "float32")),
        (False, False, False, False, ("cpu", "float32"), ("cpu", "float32")),
    ],
)
def test_auto_takes_the_best_of_what_is_there(
    cuda: bool,
    bf16: bool,
    mps: bool,
    fast: bool,
    embeds: tuple[str, str],
    answers: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine(monkeypatch, cuda, bf16, mps, fast)
    assert placement(embeds=True) == Placement(*embeds)
    assert placement() == Placement(*answers)


def test_the_trainer_computes_where_everything_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, cuda=True, bf16=True, mps=False, fast_processor=True)
    assert _precision("auto") == {"bf16": True, "fp16": False, "use_cpu": False}
    monkeypatch.setenv("SFT_DEVICE", "cpu")
    assert _precision("auto") == {"bf16": False, "fp16": False, "use_cpu": True}
    assert _precision("bfloat16")["bf16"]


def test_the_environment_overrules_and_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, cuda=True, bf16=True, mps=False, fast_processor=True)
    monkeypatch.setenv("SFT_DEVICE", "cuda:1")
    monkeypatch.setenv("SFT_DTYPE", "float32")
    assert placement(embeds=True) == Placement("cuda:1", "float32")
    monkeypatch.setenv("SFT_DTYPE", "fp8")
    with pytest.raises(PipelineError, match="SFT_DTYPE is 'fp8'"):
        placement()
    monkeypatch.setenv("SFT_DEVICE", "gpu")
    with pytest.raises(PipelineError, match="SFT_DEVICE is 'gpu'"):
        placement()
    monkeypatch.setenv("SFT_DEVICE", "mps")
    with pytest.raises(PipelineError, match="torch finds none"):
        placement()


def test_a_machine_without_a_card_is_known_without_importing_torch() -> None:
    code = (
        "import sys; from pipeline.modeling import device; device._CARDS = ();"
        "print(device.placement(embeds=True).device, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == ["cpu", "False"], done.stderr


class SmallCard:
    """Work that only has memory for so many items at once."""

    def __init__(self, room: int, says: str = "CUDA out of memory. Tried to allocate 2 GiB") -> None:
        self.room, self.says, self.asked = room, says, [0]

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.asked.append(len(items))
        if len(items) > self.room:
            raise torch.OutOfMemoryError(self.says)
        return [2 * item for item in items]


def test_batches_are_halved_until_they_fit() -> None:
    card = SmallCard(3)
    found = [two for _, part in halving(card, range(10)) for two in part]
    assert found == [2 * n for n in range(10)]
    assert card.asked[1:] == [10, 5, 2, 3, 5, 2, 3]


def test_what_is_too_large_alone_and_other_errors_come_out() -> None:
    with pytest.raises(torch.OutOfMemoryError):
        list(halving(SmallCard(0), [1, 2]))
    card = SmallCard(1, "device-side assert triggered")
    with pytest.raises(RuntimeError, match="assert"):
        list(halving(card, [1, 2]))
    assert card.asked[1:] == [2]
