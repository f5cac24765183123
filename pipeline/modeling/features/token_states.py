"""Hidden states of an encoder for every unit of a text (see `tagging_units.py`), cached per text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.cache import cached
from pipeline.modeling.device import placement, to_model
from pipeline.modeling.features.encoder import batched, load_encoder
from pipeline.modeling.features.tagging_units import one_token_a_character, units, windows
from pipeline.modeling.models import Model, identity, local_path
from pipeline.modeling.prefixes import prefix_mark

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAX_TOKENS, _STRIDE = 256, 64  # guesses: not measured


def token_states(texts: Sequence[str], model: Model) -> list[NDArray[np.float32]]:
    """One row per unit of each text, shape (units, hidden size); 0 where no token speaks for a unit.

    Kept in half precision: rounding is far below what one tagger's error is.
    """
    compute: list[Callable[[list[str]], list[bytes]]] = []

    def on_demand(batch: list[str]) -> list[bytes]:
        if not compute:
            compute.append(_reader(local_path(model, "models.encoder")))
        return compute[0](batch)

    version = f"{identity(model)} {_MAX_TOKENS} {_STRIDE} characters{placement().mark}{prefix_mark(model)}"
    found = cached("token states", version, texts, on_demand, batch=2048)
    sizes = [len(units(text)) for text in texts]
    return [
        np.frombuffer(part, np.float16).reshape(size, -1).astype(np.float32)
        for part, size in zip(found, sizes, strict=True)
        if size
    ]


def _reader(path: str) -> Callable[[list[str]], list[bytes]]:
    import torch

    tokenizer, model = load_encoder(path)
    tokenizer = one_token_a_character(tokenizer)
    place = placement()
    model = place.put(model)

    def forward(ids: list[list[int]], length: int) -> list[NDArray[np.float16]]:
        batch = tokenizer.pad({"input_ids": ids}, padding="max_length", max_length=length, return_tensors="pt")
        with torch.inference_mode():
            hidden = model(**to_model(batch, model)).last_hidden_state  # (batch, tokens, hidden)
        return list(hidden.half().cpu().numpy())

    def read(texts: list[str]) -> list[bytes]:
        bounds = [units(text) for text in texts]
        parts = [
            (n, window)
            for n, text in enumerate(texts)
            for window in windows(text, bounds[n], tokenizer, _MAX_TOKENS, _STRIDE)
        ]
        states = batched([window["input_ids"] for _, window in parts], forward, place)
        found = [np.zeros((len(part), model.config.hidden_size), np.float16) for part in bounds]
        for (n, window), hidden in zip(reversed(parts), reversed(states), strict=True):  # the first window wins
            for token, unit in enumerate(window["units"]):
                if unit >= 0:
                    found[n][unit] = hidden[token]
        return [part.tobytes() for part in found]

    return read
