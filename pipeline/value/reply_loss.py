"""The cheap recipe for replies: the top layer of `models.generator`, measured by the loss of held-out replies.

Two variants of the data take equally many steps in the same order and differ in the conversations at some places alone,
so that a small difference is seen: what stands there otherwise is their control of equal size.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from pipeline.core.progress import Progress
from pipeline.core.record import Reject, share
from pipeline.modeling.lm.top_layers import Lower, top_layers
from pipeline.modeling.models import Model
from pipeline.stats.bootstrap import ratio_of
from pipeline.stats.numbers import Metric
from pipeline.stats.paired_gain import Draws, draw
from pipeline.value.conversations import Talk
from pipeline.value.params import Params

#: Layers that learn, and tokens to which a conversation is cut. Guesses: not measured.
LAYERS, MAX_TOKENS = 1, 128
METRIC = "reply_loss"


class ReplyLoss:
    """Trains on sequences of conversations, one a seed, and scores held-out replies after each.

    Lower layers are computed once for each distinct conversation. Raises PipelineError as `top_layers` does.
    """

    def __init__(self, model: Model, talks: Sequence[Talk], held_out: Sequence[Talk], params: Params) -> None:
        self._top = top_layers(model, LAYERS, MAX_TOKENS)
        self._params = params
        self.progress = Progress("models trained", 0)
        self._lower: dict[tuple[tuple[str, str], ...], Lower] = {}
        for talk in (*talks, *held_out):
            self._read(talk)
        self.held_out = [talk for talk in held_out if self.can_read(talk)]

    def _read(self, talk: Talk) -> None:
        if talk.messages not in self._lower:
            with suppress(Reject):
                item = self._top.lower(talk.as_messages())
                if item.replies:
                    self._lower[talk.messages] = item

    def can_read(self, talk: Talk) -> bool:
        """Whether the model's template takes the conversation and a token of its reply is left."""
        return talk.messages in self._lower

    def draws(self, sequences: Sequence[Sequence[Talk]]) -> Draws:
        """Minus the loss per token of the held-out replies, in nats, one model a sequence; more is better."""
        models: list[Mapping[str, Metric]] = []
        with self._top.narrowed(list(self._lower.values())):
            for sequence in sequences:
                self._top.follow([self._lower[talk.messages] for talk in sequence])
                nats, tokens = self._top.losses([self._lower[talk.messages] for talk in self.held_out]).T
                models.append({METRIC: ratio_of(-nats, tokens)})
                self.progress.add()
        return draw(models, len(self.held_out), self._params.resamples, self._params.seed)[METRIC]


def sequences(talks: Sequence[Talk], rows: int, params: Params) -> list[list[Talk]]:
    """One a seed: `rows` places, filled pass after pass, each in an order drawn from the talks' ids.

    A pass of more talks than places is cut. Equal talks (of a mixture) lie apart.
    """
    return [_sequence(talks, rows, seed) for seed in range(params.reply_seeds)]


def _sequence(talks: Sequence[Talk], rows: int, seed: int) -> list[Talk]:
    found: list[Talk] = []
    number = 0
    while len(found) < rows:
        found += _pass(talks, str(seed), str(number))
        number += 1
    return found[:rows]


def _pass(talks: Sequence[Talk], *draw: str) -> list[Talk]:
    """The talks in an order drawn from their ids."""
    copies: Counter[Talk] = Counter()
    keyed = []
    for talk in talks:
        copy = [str(copies[talk])] if copies[talk] else []
        copies[talk] += 1
        keyed.append((share("value", *draw, talk.root, *copy), talk.messages, talk))
    return [talk for *_, talk in sorted(keyed, key=lambda key: key[:2])]


def without(sequence: Sequence[Talk], is_out: Any, pool: Sequence[Talk], seed: int) -> list[Talk]:
    """The sequence with others in place of the talks that are out: drawn from `pool`, of the same language if it can.

    Each of the pool is drawn once before any is drawn again.
    """
    by_lang: dict[str, list[Talk]] = {}
    for talk in sorted(pool, key=lambda talk: (share("instead", str(seed), talk.root), talk.messages)):
        by_lang.setdefault(talk.lang, []).append(talk)
    whole = [talk for some in by_lang.values() for talk in some]
    taken: dict[str, int] = {}
    found = []
    for talk in sequence:
        if is_out(talk):
            lang = talk.lang if talk.lang in by_lang else ""
            some = by_lang.get(lang, whole)
            talk = some[taken.get(lang, 0) % len(some)]
            taken[lang] = taken.get(lang, 0) + 1
        found.append(talk)
    return found
