"""Conversations as token ids with labels: every learned reply after exactly the tokens that will ask for it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.core.conversation import Conversation
from pipeline.core.record import Reject
from pipeline.modeling.lm.chat_settings import PARTS, Part
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.loss_masking import IGNORED
from pipeline.modeling.lm.replies import rendered
from pipeline.modeling.lm.views import Span, View, Views, views

#: A conversation's turns that are to be learned; None: as its messages and the settings say.
Asked = Sequence[int] | None

#: Views whose texts are made tokens at a time. A guess: not measured.
_BATCH = 256
#: Ends of prompts whose tokens are remembered; longer ones are rarely met again. Guesses: not measured.
_SHORT, _KNOWN = 64, 4096


@dataclass(frozen=True)
class Encoded:
    """One view as tokens.

    `parts` are half-open spans of learned tokens and what each says; `turns` the replies, `starts` their first tokens.
    """

    ids: list[int]
    labels: list[int]
    parts: tuple[tuple[int, int, Part], ...]
    turns: tuple[int, ...]
    starts: tuple[int, ...]


@dataclass
class Learned:
    """A conversation's views as tokens; for each reply that is not learned, its turn and why."""

    encoded: list[Encoded] = field(default_factory=list)
    refused: list[tuple[int, Reject]] = field(default_factory=list)

    @property
    def replies(self) -> int:
        """How many replies are learned."""
        return sum(len(one.turns) for one in self.encoded)


class Encoder:
    """Makes tokens of conversations. Needs a fast tokenizer: one that tells where in the text a token stands."""

    def __init__(self, template: ChatTemplate) -> None:
        self.template = template
        self.loss_on = frozenset(template.settings.loss_on)
        vocabulary = template.tokenizer.get_added_vocab().items()
        self._control = frozenset(id for token, id in vocabulary if token.strip())
        self._ends: dict[str, list[int]] = {}

    def encode(self, conversations: Sequence[Conversation], asked: Sequence[Asked] | None = None) -> list[Learned]:
        """Each conversation's views as tokens, in order.

        Reasons: those of `views.views`; prompt_is_no_prefix (tokens join prompt and reply across their border, and
        apart they are another text); no_learned_part (`loss_on` leaves nothing of the reply).
        """
        found = [Learned() for _ in conversations]
        pending: list[tuple[int, View]] = []
        for n, conversation in enumerate(conversations):
            for view in self._views(conversation, asked[n] if asked else None, found[n]).views:
                pending.append((n, view))
        for start in range(0, len(pending), _BATCH):
            batch = pending[start : start + _BATCH]
            made = self.template.tokenizer(
                [view.text for _, view in batch], add_special_tokens=False, return_offsets_mapping=True
            )
            for (n, view), ids, offsets in zip(batch, made["input_ids"], made["offset_mapping"], strict=True):
                self._add(view, ids, offsets, found[n])
        return found

    def _views(self, conversation: Conversation, asked: Asked, learned: Learned) -> Views:
        try:
            found = views(conversation, self.template, asked)
        except Reject as error:
            found = Views((), ((len(conversation.messages) - 1, error),))
        learned.refused += found.refused
        return found

    def _add(self, view: View, ids: list[int], offsets: list[tuple[int, int]], learned: Learned) -> None:
        starts = [start for start, _ in offsets]
        joined: list[Span] = []
        labels = [IGNORED] * len(ids)
        parts: list[tuple[int, int, Part]] = []
        turns: list[int] = []
        firsts: list[int] = []
        for span in view.spans:
            first = bisect_left(starts, span.start)
            if not self._is_border(view.text, span.start, first, ids, offsets):
                joined.append(span)
                continue
            here = self._parts(span, starts, first)
            if not here:
                learned.refused.append((span.turn, _no_part()))
                continue
            for start, end, _ in here:
                labels[start:end] = ids[start:end]
            parts += here
            turns.append(span.turn)
            firsts.append(here[0][0])
        if turns:
            learned.encoded.append(Encoded(ids, labels, tuple(parts), tuple(turns), tuple(firsts)))
        for span in joined:
            self._add_apart(view.text, span, learned)

    def _parts(self, span: Span, starts: Sequence[int], first: int) -> list[tuple[int, int, Part]]:
        """The tokens of the reply's zones that carry loss. A token belongs to the zone in which it begins."""
        found: list[tuple[int, int, Part]] = []
        for start, end, kind in span.zones:
            stop = bisect_left(starts, end, first)
            begin = max(first, bisect_left(starts, start, first))
            if kind in self.loss_on and stop > begin:
                found.append((begin, stop, kind))
        return found

    def _is_border(
        self, text: str, place: int, first: int, ids: Sequence[int], offsets: Sequence[tuple[int, int]]
    ) -> bool:
        """Whether the tokens before `place` are those of the prompt alone.

        Tokens are made between control tokens, each stretch by itself: the last stretch of the prompt decides.
        """
        if first and offsets[first - 1][1] > place:
            return False
        at = first - 1
        while at > 0 and ids[at] not in self._control:
            at -= 1
        at = max(at, 0)
        return self._tokens(text[offsets[at][0] if first else 0 : place]) == list(ids[at:first])

    def _tokens(self, end: str) -> list[int]:
        if len(end) > _SHORT:
            return self.template.ids(end)
        known = self._ends.get(end)
        if known is None:
            known = self.template.ids(end)
            if len(self._ends) < _KNOWN:
                self._ends[end] = known
        return known

    def _add_apart(self, text: str, span: Span, learned: Learned) -> None:
        """A reply whose first token would join the prompt's last: made tokens by itself, as inference has it."""
        tokenizer = self.template.tokenizer
        prompt = self.template.ids(text[: span.start])
        made = tokenizer(text[span.start : span.end], add_special_tokens=False, return_offsets_mapping=True)
        ids = prompt + made["input_ids"]
        if tokenizer.decode(ids) != tokenizer.decode(self.template.ids(text[: span.end])):
            error = Reject("prompt_is_no_prefix", "tokens join the prompt and the reply across their border")
            learned.refused.append((span.turn, error))
            return
        starts = [span.start - 1] * len(prompt) + [span.start + start for start, _ in made["offset_mapping"]]
        parts = self._parts(span, starts, len(prompt))
        if not parts:
            learned.refused.append((span.turn, _no_part()))
            return
        labels = [IGNORED] * len(ids)
        for start, end, _ in parts:
            labels[start:end] = ids[start:end]
        learned.encoded.append(Encoded(ids, labels, tuple(parts), (span.turn,), (parts[0][0],)))


def _no_part() -> Reject:
    return Reject("no_learned_part", f"train.chat.loss_on leaves nothing of the reply (parts: {', '.join(PARTS)})")


def encode_reply(conversation: Conversation, encoder: Encoder) -> Encoded:
    """The conversation's last turn as the one reply to learn. Rejects with the reasons of `Encoder.encode`."""
    (learned,) = encoder.encode([conversation], [[len(conversation.messages) - 1]])
    if learned.refused:
        raise learned.refused[0][1]
    return learned.encoded[0]


def prompt_ids(conversation: Conversation, template: ChatTemplate) -> list[int]:
    """The tokens that ask for a reply to the conversation. Rejects as `ChatTemplate.prompt` does, causes named."""
    return template.ids(rendered(template.turns(conversation), template, ask=True))
