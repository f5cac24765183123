"""How well a causal language model predicts a text, alone or as a reply: cached per text."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.core.cache import cached
from pipeline.modeling.batches import Example
from pipeline.modeling.device import placement
from pipeline.modeling.features.parallel import in_threads
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.collate import collate
from pipeline.modeling.lm.decoding import likelihoods
from pipeline.modeling.lm.encoding import prompt_ids
from pipeline.modeling.lm.generator import load_generator
from pipeline.modeling.lm.loss_masking import IGNORED
from pipeline.modeling.lm.rows import Messages, of_messages
from pipeline.modeling.models import Model, identity

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

#: Tokens of prompt and text that are looked at; what is beyond is not scored. A guess: not measured.
MAX_TOKENS = 512
_TEXTS = 64  # that are computed before any is kept, and at most at once on an accelerator; a guess: not measured


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

    On processors texts are computed one by one (one core each), so that a score never depends on its neighbours; on
    accelerators in batches of so many tokens. Of a long prompt the end is kept; of a long text the beginning.
    """
    return [Loss(*struct.unpack("<di", result)) for result in _computed("loss", _loss, model, items)]


def reply_losses(model: Model, items: Sequence[tuple[Messages, str]]) -> list[ReplyLoss]:
    """What the messages say of each reply; computed and cut as in `losses`."""
    found = _computed("reply_loss", _reply_loss, model, items)
    return [ReplyLoss(*struct.unpack("<ddii", result)) for result in found]


#: Tokens that come first, and those whose loss is asked for.
Question = tuple[list[int], list[int]]


class _Asked(NamedTuple):
    """What is asked about one text, and how the answers, in nats, become its result."""

    questions: list[Question]
    result: Callable[[Sequence[float]], bytes]


def _computed(
    step: str, work: Callable[..., _Asked], model: Model, items: Sequence[tuple[Messages | None, str]]
) -> list[bytes]:
    loaded: list[tuple[Any, Any]] = []
    place = placement()

    def compute(batch: list[str]) -> list[bytes]:
        if not loaded:
            tokenizer, found = load_generator(model)
            loaded.append((tokenizer, place.put(found)))
        tokenizer, network = loaded[0]
        asked = [work(tokenizer, *json.loads(item)) for item in batch]
        questions = [question for one in asked for question in one.questions]
        if place.is_processor:
            nats = list(in_threads(lambda question: _nats(network, *question), questions))
        else:
            nats = _together(network, tokenizer, questions)
        answers = iter(nats)
        return [one.result(list(islice(answers, len(one.questions)))) for one in asked]

    inputs = [json.dumps([messages, text], ensure_ascii=False) for messages, text in items]
    return cached(step, f"{identity(model)} {MAX_TOKENS}{place.mark}", inputs, compute, _TEXTS)


def _loss(tokenizer: PreTrainedTokenizerBase, messages: Messages | None, text: str) -> _Asked:
    ids = _ids(tokenizer, text, is_reply=messages is not None)
    prompt = _start(tokenizer) if messages is None else _asked(tokenizer, messages)
    ids = ids[: MAX_TOKENS - len(prompt)]
    return _Asked([(prompt, ids)], lambda nats: struct.pack("<di", *nats, len(ids)))


def _reply_loss(tokenizer: PreTrainedTokenizerBase, messages: Messages, text: str) -> _Asked:
    ids, prompt = _ids(tokenizer, text, is_reply=True), _asked(tokenizer, messages)
    seen = ids[: MAX_TOKENS - len(prompt)]
    questions = [(prompt, seen), (_start(tokenizer), seen)]
    return _Asked(questions, lambda nats: struct.pack("<ddii", *nats, len(seen), len(ids)))


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
    return _rounded(float(nats))


def _together(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, questions: Sequence[Question]) -> list[float]:
    """`_nats` of all the questions, in batches by length; halved where memory runs out."""
    examples: list[Example | None] = [
        {"input_ids": prompt + ids, "labels": [IGNORED] * len(prompt) + ids} if ids else None
        for prompt, ids in questions
    ]
    found = likelihoods(model, examples, collate(tokenizer), _TEXTS)
    return [_rounded(-likely) if likely is not None else 0.0 for likely, _ in found]


def _rounded(nats: float) -> float:
    """Far below what matters and above what a processor's order of sums can change."""
    return round(nats, 3)
