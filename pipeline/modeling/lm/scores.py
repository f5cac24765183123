"""How well a causal language model predicts a text, alone or as a reply: cached per text."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.core.cache import cached
from pipeline.modeling.device import placement
from pipeline.modeling.features.parallel import in_threads
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.encoding import prompt_ids
from pipeline.modeling.lm.generator import load_generator
from pipeline.modeling.lm.rows import Messages, of_messages
from pipeline.modeling.models import Model, identity

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

#: Tokens of prompt and text that are looked at; what is beyond is not scored. A guess: not measured.
MAX_TOKENS = 512


@dataclass(frozen=True)
class Loss:
    """Negative log-likelihood of a text in nats, summed over its `tokens`."""

    nats: float
    tokens: int

    @property
    def mean(self) -> float:
        """Nats per token; 0 for a text without tokens."""
        return self.nats / max(self.tokens, 1)


@dataclass(frozen=True)
class ReplyLoss:
    """A reply's loss `given` its messages and `alone`, in nats summed over the same first `tokens` of it.

    `length`: its tokens in full, with the one that ends it.
    """

    given: float
    alone: float
    tokens: int
    length: int


def losses(model: Model, items: Sequence[tuple[Messages | None, str]]) -> list[Loss]:
    """The loss of each text as the reply to its messages, or alone where they are None.

    Texts are computed one by one (one core each), so that a score never depends on its neighbours. Of a long
    prompt the end is kept; of a long text the beginning.
    """
    return [Loss(*struct.unpack("<di", result)) for result in _computed("loss", _loss, model, items)]


def reply_losses(model: Model, items: Sequence[tuple[Messages, str]]) -> list[ReplyLoss]:
    """What the messages say of each reply; computed and cut as in `losses`."""
    found = _computed("reply_loss", _reply_loss, model, items)
    return [ReplyLoss(*struct.unpack("<ddii", result)) for result in found]


def _computed(
    step: str, work: Callable[..., bytes], model: Model, items: Sequence[tuple[Messages | None, str]]
) -> list[bytes]:
    loaded: list[tuple[Any, Any]] = []
    place = placement()

    def compute(batch: list[str]) -> list[bytes]:
        if not loaded:
            tokenizer, found = load_generator(model)
            loaded.append((tokenizer, place.put(found)))

        def one(item: str) -> bytes:
            return work(*loaded[0], *json.loads(item))

        return list(in_threads(one, batch) if place.is_processor else map(one, batch))

    inputs = [json.dumps([messages, text], ensure_ascii=False) for messages, text in items]
    return cached(step, f"{identity(model)} {MAX_TOKENS}{place.mark}", inputs, compute, batch=64)


def _loss(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel, messages: Messages | None, text: str) -> bytes:
    ids = _ids(tokenizer, text, is_reply=messages is not None)
    prompt = _start(tokenizer) if messages is None else _asked(tokenizer, messages)
    ids = ids[: MAX_TOKENS - len(prompt)]
    return struct.pack("<di", _nats(model, prompt, ids), len(ids))


def _reply_loss(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel, messages: Messages, text: str) -> bytes:
    ids, prompt = _ids(tokenizer, text, is_reply=True), _asked(tokenizer, messages)
    seen = ids[: MAX_TOKENS - len(prompt)]
    given, alone = _nats(model, prompt, seen), _nats(model, _start(tokenizer), seen)
    return struct.pack("<ddii", given, alone, len(seen), len(ids))


def _ids(tokenizer: PreTrainedTokenizerBase, text: str, is_reply: bool) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    if is_reply and tokenizer.eos_token_id is not None:
        ids = [*ids, tokenizer.eos_token_id]  # a reply must also know where to end
    return ids


def _start(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    start = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    return [start or 0]


def _asked(tokenizer: PreTrainedTokenizerBase, messages: Messages) -> list[int]:
    return prompt_ids(of_messages(messages), ChatTemplate(tokenizer))[-MAX_TOKENS // 2 :]


def _nats(model: PreTrainedModel, prompt: list[int], ids: list[int]) -> float:
    import torch

    if not ids:
        return 0.0
    with torch.inference_mode():
        tokens = torch.tensor([prompt + ids], device=model.device)
        logits = model(input_ids=tokens, logits_to_keep=len(ids) + 1).logits[0, :-1]
        nats = torch.nn.functional.cross_entropy(logits.float(), tokens[0, len(prompt) :], reduction="sum")
    # Rounded far below what matters and above what a processor's order of sums can change.
    return round(float(nats), 3)
