"""Batches of rows by length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from pipeline.modeling.batches import Example, by_length, outputs, padded_inputs
from pipeline.modeling.device import to_model


def test_batches_hold_so_many_tokens_with_padding_and_a_longer_row_stands_alone():
    lengths = [3, 100, 10, 9, 2, 40]
    batches = list(by_length(lengths, 3, tokens=40))
    assert batches == [[1], [5], [2, 3, 0], [4]]
    assert sorted(n for rows in batches for n in rows) == list(range(len(lengths)))
    assert list(by_length(lengths, 4)) == [[1, 5, 2, 3], [0, 4]]


class Fake(torch.nn.Module):
    """A model on torch's device without data: what is not brought there raises."""

    device = torch.device("meta")

    def forward(self, input_ids: Any, attention_mask: Any) -> Any:
        assert input_ids.device == attention_mask.device == self.device
        return type("Output", (), {"logits": torch.zeros(len(input_ids), 2, device="meta")})


def test_batches_go_to_the_models_device() -> None:
    tokenizer: Any = type("Tokenizer", (), {"pad_token_id": 0})

    def collate(examples: Sequence[Any]) -> dict[str, Any]:
        return {**padded_inputs(examples, tokenizer), "labels": torch.zeros(len(examples))}

    examples: list[Example] = [{"input_ids": [1] * n} for n in (1, 3, 2)]
    fake: Any = Fake()
    [(rows, logits, labels)] = list(outputs(fake, examples, collate, 8))
    assert rows == [1, 2, 0]
    assert logits.device == labels.device == torch.device("meta")
    assert to_model({"x": torch.ones(2)}, fake)["x"].device.type == "meta"
