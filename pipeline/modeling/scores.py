"""How well a causal language model predicts a text, alone or as a reply: cached per text."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.cache import cached
from pipeline.modeling.generator import load_generator
from pipeline.modeling.heads.masking import prompt_ids
from pipeline.modeling.models import Model, identity
from pipeline.modeling.parallel import in_threads

#: Tokens of prompt and text that are looked at; what is beyond is not scored.
MAX_TOKENS = 512

Messages = Sequence[dict[str, str]]


@dataclass(frozen=True)
class Loss:
    """Negative log-likelihood of a text in nats, summed over its `tokens`."""

    nats: float
    tokens: int

    @property
    def mean(self) -> float:
        """Nats per token; 0 for a text without tokens."""
        return self.nats / max(self.tokens, 1)


def losses(model: Model, items: Sequence[tuple[Messages | None, str]]) -> list[Loss]:
    """The loss of each text as the reply to its messages, or alone where they are None.

    Texts are computed one by one (one core each), so that a score never depends on its neighbours. Of a long
    prompt the end is kept; of a long text the beginning.
    """
    loaded: list[tuple[Any, Any]] = []

    def compute(batch: list[str]) -> list[bytes]:
        if not loaded:
            loaded.append(load_generator(model))
        return list(in_threads(lambda item: _loss(*loaded[0], *json.loads(item)), batch))

    inputs = [json.dumps([messages, text], ensure_ascii=False) for messages, text in items]
    results = cached("loss", f"{identity(model)} {MAX_TOKENS}", inputs, compute, batch=64)
    return [Loss(*struct.unpack("<di", result)) for result in results]


def _loss(tokenizer: Any, model: Any, messages: Messages | None, text: str) -> bytes:
    import torch

    start = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    prompt = [start or 0] if messages is None else prompt_ids(messages, tokenizer)
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    if messages is not None and tokenizer.eos_token_id is not None:
        ids = [*ids, tokenizer.eos_token_id]  # a reply must also know where to end
    prompt = prompt[-MAX_TOKENS // 2 :]
    ids = ids[: MAX_TOKENS - len(prompt)]
    if not ids:
        return struct.pack("<di", 0.0, 0)
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([prompt + ids]), logits_to_keep=len(ids) + 1).logits[0, :-1]
        nats = torch.nn.functional.cross_entropy(logits.float(), torch.tensor(ids), reduction="sum")
    # Rounded far below what matters and above what a processor's order of sums can change.
    return struct.pack("<di", round(float(nats), 3), len(ids))
