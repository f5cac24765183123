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
from pipeline.value.dialogues import Dialogue
from pipeline.value.params import Params

#: Layers that learn, and tokens to which a conversation is cut. Guesses: not measured.
LAYERS, MAX_TOKENS = 1, 128
METRIC = "reply_loss"


class ReplyLoss:
    """Trains on sequences of conversations, one a seed, and scores held-out replies after each.

    Lower layers are computed once for each distinct conversation. Raises PipelineError as `top_layers` does.
    """

    def __init__(
        self, model: Model, dialogues: Sequence[Dialogue], held_out: Sequence[Dialogue], params: Params
    ) -> None:
        self._top = top_layers(model, LAYERS, MAX_TOKENS)
        self._params = params
        self.progress = Progress("models trained", 0)
        self._lower: dict[tuple[tuple[str, str], ...], Lower] = {}
        for dialogue in (*dialogues, *held_out):
            self._read(dialogue)
        self.held_out = [dialogue for dialogue in held_out if self.can_read(dialogue)]

    def _read(self, dialogue: Dialogue) -> None:
        if dialogue.messages not in self._lower:
            with suppress(Reject):
                item = self._top.lower(dialogue.as_messages())
                if item.replies:
                    self._lower[dialogue.messages] = item

    def can_read(self, dialogue: Dialogue) -> bool:
        """Whether the model's template takes the conversation and a token of its reply is left."""
        return dialogue.messages in self._lower

    def draws(self, sequences: Sequence[Sequence[Dialogue]]) -> Draws:
        """Minus the loss per token of the held-out replies, in nats, one model a sequence; more is better."""
        models: list[Mapping[str, Metric]] = []
        with self._top.narrowed(list(self._lower.values())):
            for sequence in sequences:
                self._top.follow([self._lower[dialogue.messages] for dialogue in sequence])
                nats, tokens = self._top.losses([self._lower[dialogue.messages] for dialogue in self.held_out]).T
                models.append({METRIC: ratio_of(-nats, tokens)})
                self.progress.add()
        return draw(models, len(self.held_out), self._params.resamples, self._params.seed)[METRIC]


def sequences(dialogues: Sequence[Dialogue], rows: int, params: Params) -> list[list[Dialogue]]:
    """One a seed: `rows` places, filled pass after pass, each in an order drawn from the dialogues' ids.

    A pass of more dialogues than places is cut. Equal dialogues (of a mixture) lie apart.
    """
    return [_sequence(dialogues, rows, seed) for seed in range(params.reply_seeds)]


def _sequence(dialogues: Sequence[Dialogue], rows: int, seed: int) -> list[Dialogue]:
    found: list[Dialogue] = []
    number = 0
    while len(found) < rows:
        found += _pass(dialogues, str(seed), str(number))
        number += 1
    return found[:rows]


def _pass(dialogues: Sequence[Dialogue], *draw: str) -> list[Dialogue]:
    """The dialogues in an order drawn from their ids."""
    copies: Counter[Dialogue] = Counter()
    keyed = []
    for dialogue in dialogues:
        copy = [str(copies[dialogue])] if copies[dialogue] else []
        copies[dialogue] += 1
        keyed.append((share("value", *draw, dialogue.root, *copy), dialogue.messages, dialogue))
    return [dialogue for *_, dialogue in sorted(keyed, key=lambda key: key[:2])]


def without(sequence: Sequence[Dialogue], is_out: Any, pool: Sequence[Dialogue], seed: int) -> list[Dialogue]:
    """The sequence with others in place of those that are out: drawn from `pool`, of the same language if possible.

    Each of the pool is drawn once before any is drawn again.
    """
    by_lang: dict[str, list[Dialogue]] = {}
    for dialogue in sorted(pool, key=lambda dialogue: (share("instead", str(seed), dialogue.root), dialogue.messages)):
        by_lang.setdefault(dialogue.lang, []).append(dialogue)
    whole = [dialogue for some in by_lang.values() for dialogue in some]
    taken: dict[str, int] = {}
    found = []
    for dialogue in sequence:
        if is_out(dialogue):
            lang = dialogue.lang if dialogue.lang in by_lang else ""
            some = by_lang.get(lang, whole)
            dialogue = some[taken.get(lang, 0) % len(some)]
            taken[lang] = taken.get(lang, 0) + 1
        found.append(dialogue)
    return found
