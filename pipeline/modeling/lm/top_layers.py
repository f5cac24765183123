"""The top layers of a causal language model, trained for a moment to see what it learns from rows.

The lower layers are frozen and computed once per conversation, so that dozens of short trainings on other rows cost
minutes on a CPU. Only for comparisons of data: the model that a project keeps is trained by `modeling/trainer.py`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.core.errors import PipelineError, shorten
from pipeline.modeling.device import placement
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.encoding import Encoder
from pipeline.modeling.lm.generator import load_generator
from pipeline.modeling.lm.loss_masking import IGNORED
from pipeline.modeling.lm.rows import Messages, of_messages
from pipeline.modeling.models import Model

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

#: Conversations that share one step. A guess: not measured.
STEP = 4
#: On this text a model taken apart must lose what it loses whole, but for so many nats a token.
_KNOWN_TEXT = "Where do whales go in winter? They swim to warmer seas. 鲸鱼冬天游到温暖的海里。"
_TOLERANCE = 1e-3  # a guess: not measured


@dataclass(frozen=True)
class Lower:
    """A conversation after the lower layers: states (1, tokens, width) where the model is, the labels of its tokens."""

    states: Any
    labels: Any

    @property
    def replies(self) -> int:
        """How many tokens are learned from and scored."""
        return int((self.labels[1:] != IGNORED).sum())


@cache
def top_layers(model: Model, layers: int, max_tokens: int) -> TopLayers:
    """The model taken apart once a process."""
    return TopLayers(model, layers, max_tokens)


class TopLayers:
    """`layers` top layers that learn at `rate` from conversations, each cut to `max_tokens` about its last reply.

    They learn on this machine's device (`placement`), in float32: steps of this rate are lost in shorter numbers. What
    the lower layers give is remembered there: 4 bytes a token and unit of the model's width.
    """

    def __init__(self, model: Model, layers: int = 3, max_tokens: int = 192, rate: float = 2e-4) -> None:
        self._known: dict[tuple[int, ...], Any] = {}
        self._words: Any = None  # the token ids that are scored, None for all
        self._tokenizer, loaded = load_generator(model)
        self._model = replace(placement(), dtype="float32").put(loaded)
        core: Any = getattr(self._model, "model", None)
        if not (hasattr(core, "layers") and hasattr(core, "norm") and hasattr(self._model, "lm_head")):
            raise self._refused("cannot be taken apart")
        self._core = core
        self._layers = self._core.layers
        self._top, self._max_tokens, self._rate = min(layers, len(self._layers)), max_tokens, rate
        self._check()
        self._encoder = Encoder(ChatTemplate(self._tokenizer))
        self._model.requires_grad_(False)
        self._learning = [*self._layers[-self._top :].parameters(), *self._core.norm.parameters()]
        for parameter in self._learning:
            parameter.requires_grad_(True)
        self._first = [parameter.detach().clone() for parameter in self._learning]

    def _check(self) -> None:
        """Some models number their layers, or do more to their logits than `lm_head`: those would be scored wrongly."""
        import torch

        ids = self._tokenizer(_KNOWN_TEXT, add_special_tokens=False)["input_ids"]
        labels = torch.tensor(ids)
        try:
            with torch.no_grad():
                there = labels.to(self._model.device)
                logits = self._model(input_ids=there[None], use_cache=False).logits[0, :-1]
                whole = float(torch.nn.functional.cross_entropy(logits, there[1:], reduction="sum"))
                apart = float(self._loss(Lower(self._states(ids), labels))[0])
        except (AttributeError, LookupError, TypeError, ValueError, RuntimeError) as error:
            raise self._refused(f"cannot be taken apart ({shorten(error, 100)})") from None
        if abs(whole - apart) > _TOLERANCE * len(ids):
            raise self._refused(f"say something else when taken apart: {apart:.2f} nats in place of {whole:.2f}")

    def _refused(self, why: str) -> PipelineError:
        return PipelineError(
            f"models.generator: the layers of a {self._model.config.model_type} model {why}.",
            "Name a model of the Llama, Qwen or Mistral families, or set augment.keep: always.",
        )

    def lower(self, messages: Messages) -> Lower:
        """A conversation, computed up to the layers that learn.

        Where it is learned in several views, the last one, which asks for the last reply. Rejects with the reasons of
        `Encoder.encode`.
        """
        import torch

        (learned,) = self._encoder.encode([of_messages(messages)])
        if not learned.encoded:
            raise learned.refused[-1][1]
        ids, labels = learned.encoded[-1].ids, learned.encoded[-1].labels
        part = _around_reply(labels, self._max_tokens)
        ids, labels = ids[part], labels[part]
        if tuple(ids) not in self._known:
            self._known[tuple(ids)] = self._states(ids)
        return Lower(self._known[tuple(ids)], torch.tensor(labels))

    def _states(self, ids: list[int]) -> Tensor:
        import torch

        norm = self._core.norm
        self._core.norm, self._core.layers = torch.nn.Identity(), self._layers[: len(self._layers) - self._top]
        try:
            with torch.no_grad():
                given = torch.tensor([ids], device=self._model.device)
                found: Tensor = self._core(input_ids=given, use_cache=False).last_hidden_state
                return found
        finally:
            self._core.norm, self._core.layers = norm, self._layers

    @contextmanager
    def narrowed(self, items: Sequence[Lower]) -> Iterator[None]:
        """Inside, replies are scored among the tokens that replies of `items` hold: several times faster.

        Other tokens then have no probability at all, so losses are lower and compare with each other only.
        """
        import torch

        words = torch.unique(torch.cat([item.labels[item.labels != IGNORED] for item in items]))
        self._words = words.to(self._model.device)
        try:
            yield
        finally:
            self._words = None

    def train(self, items: Sequence[Lower], seed: int, rows: int) -> None:
        """From the pretrained weights: one step per `STEP` items until `rows` were seen, pass after pass in new order.

        `rows` and not passes, so that more items alone mean no more steps.
        """
        order = random.Random(seed)
        queue: list[int] = []
        while len(queue) < rows:
            queue += order.sample(range(len(items)), len(items))
        self.follow([items[n] for n in queue[:rows]])

    def follow(self, items: Sequence[Lower]) -> None:
        """Train from the pretrained weights on these items in this order, one step per `STEP` of them."""
        import torch

        with torch.no_grad():
            for parameter, first in zip(self._learning, self._first, strict=True):
                parameter.copy_(first)
        optimiser = torch.optim.AdamW(self._learning, lr=self._rate, weight_decay=0.0)
        for start in range(0, len(items), STEP):
            parts = [self._loss(item) for item in items[start : start + STEP]]
            total: Any = sum(loss for loss, _ in parts)
            (total / max(sum(tokens for _, tokens in parts), 1)).backward()
            torch.nn.utils.clip_grad_norm_(self._learning, 1.0)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)

    def losses(self, items: Sequence[Lower]) -> NDArray[np.float64]:
        """Of each conversation, the summed loss of its reply tokens in nats and their number; shape (items, 2)."""
        import torch

        with torch.inference_mode():
            return np.array([(float(loss), tokens) for loss, tokens in map(self._loss, items)], np.float64)

    def _loss(self, item: Lower) -> tuple[Tensor, int]:
        import torch

        self._core.layers = self._layers[-self._top :]
        try:
            output = self._core(inputs_embeds=item.states, use_cache=False).last_hidden_state[0, :-1]
        finally:
            self._core.layers = self._layers
        labels = item.labels[1:]
        where = torch.nonzero(labels != IGNORED).flatten()
        wanted = labels[where].to(output.device)
        logits, right = self._scored(output[where.to(output.device)], wanted)
        return torch.nn.functional.cross_entropy(logits, right, reduction="sum"), len(where)

    def _scored(self, output: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the tokens that are scored, and the places of `labels` among them."""
        import torch

        if self._words is None:
            return self._model.lm_head(output), labels
        head = self._model.lm_head
        bias = None if head.bias is None else head.bias[self._words]
        logits = torch.nn.functional.linear(output, head.weight[self._words], bias)
        return logits, torch.searchsorted(self._words, labels)


def _around_reply(labels: Sequence[int], most: int) -> slice:
    """At most so many tokens, with at least as much of the last reply as fits in half of them.

    A long prompt loses its start, a long reply its end.
    """
    reply = len(labels)
    while reply and labels[reply - 1] == IGNORED:  # what the template writes after a reply
        reply -= 1
    while reply and labels[reply - 1] != IGNORED:
        reply -= 1
    end = min(len(labels), max(most, reply + most // 2))
    return slice(max(0, end - most), end)
