"""A conversation as the texts it is learned from: every reply once, under the prompt that will ask for it.

Most templates only add to what stands: one text, rendered once, then holds all replies. Some rewrite history (strip
the thinking of earlier turns, move the system text, add an empty think block to the last reply); there the
conversation is learned in as many texts (views) as it has different prompts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.core.conversation import Conversation, Message
from pipeline.core.record import Reject
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.message_positions import Layout, Place
from pipeline.modeling.lm.replies import Reply, Zone, reply, zones
from pipeline.modeling.lm.template_messages import Turns


@dataclass(frozen=True)
class Span:
    """A reply within a view's text: half-open, its end of turn included; `zones` as offsets into the text."""

    turn: int
    start: int
    end: int
    zones: tuple[Zone, ...]


@dataclass(frozen=True)
class View:
    """One text to learn from, and the replies in it that carry loss, in order."""

    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Views:
    """A conversation's views, and for each reply that has none why."""

    views: tuple[View, ...]
    refused: tuple[tuple[int, Reject], ...] = ()

    @property
    def replies(self) -> int:
        """How many replies are learned."""
        return sum(len(view.spans) for view in self.views)


def learned_turns(messages: Sequence[Message], only_last: bool) -> list[int]:
    """The assistant turns to learn: those that `learn` names, and where it is unset all of them, or the last alone."""
    turns = [n for n, message in enumerate(messages) if message.role == "assistant"]
    return [
        n
        for n in turns
        if messages[n].learn or (messages[n].learn is None and (n == len(messages) - 1 or not only_last))
    ]


def views(conversation: Conversation, template: ChatTemplate, turns: Sequence[int] | None = None) -> Views:
    """The views of a conversation; `turns` are the replies to learn (default: as its messages and settings say).

    Rejects, for the whole conversation: no_assistant_tokens (nothing to learn), and the reasons of
    `ChatTemplate.turns`. What concerns one reply alone is in `refused`: the reasons of `replies.reply`.
    """
    if turns is None:
        turns = learned_turns(conversation.messages, template.settings.turns == "last")
    if not turns:
        raise Reject("no_assistant_tokens", "the conversation has no assistant turn that is to be learned")
    asked = _Asked(template.turns(conversation).upto(turns[-1] + 1), template)
    single = _one_view(asked, turns)
    return Views((single,)) if single else _by_reply(asked, turns)


class _Asked:
    """The replies of one conversation, each rendered once at most."""

    def __init__(self, given: Turns, template: ChatTemplate) -> None:
        self.given, self.template = given, template
        self._known: dict[int, Reply | Reject] = {}

    def reply(self, turn: int) -> Reply:
        """The reply of a turn, or the Reject that says why there is none."""
        if turn not in self._known:
            try:
                self._known[turn] = reply(self.given, turn, self.template)
            except Reject as error:
                self._known[turn] = error
        found = self._known[turn]
        if isinstance(found, Reject):
            raise found
        return found

    def kind(self, turn: int) -> tuple[object, ...]:
        """What a reply holds, and the roles of its neighbours."""
        messages = self.given.messages
        before = messages[turn - 1].role if turn else ""
        after = messages[turn + 1].role if turn + 1 < len(messages) else ""
        calls = min(len(messages[turn].tool_calls), 2)
        return before, after, bool(messages[turn].content.strip()), bool(messages[turn].reasoning.strip()), calls


def _by_reply(asked: _Asked, turns: Sequence[int]) -> Views:
    """Each reply rendered by itself; those whose texts are the beginning of a later one share its view."""
    found: list[Reply] = []
    refused: list[tuple[int, Reject]] = []
    for turn in turns:
        try:
            found.append(asked.reply(turn))
        except Reject as error:
            refused.append((turn, error))
    texts: list[str] = []
    spans: list[list[Span]] = []
    for one in reversed(found):
        text = one.prompt + one.text
        place = next((n for n, longer in enumerate(texts) if longer.startswith(text)), None)
        if place is None:
            place = len(texts)
            texts.append(text)
            spans.append([])
        spans[place].append(_span(one))
    pairs = zip(reversed(texts), reversed(spans), strict=True)
    return Views(tuple(View(text, tuple(reversed(inside))) for text, inside in pairs), tuple(refused))


def _span(one: Reply) -> Span:
    start = len(one.prompt)
    moved = tuple((start + a, start + b, kind) for a, b, kind in one.zones)
    return Span(one.turn, start, start + len(one.text), moved)


# ---------------------------------------------------------------------- one rendering for all replies


def _one_view(asked: _Asked, turns: Sequence[int]) -> View | None:
    """The whole conversation as one view, or None where that is not certain.

    Replies of one kind (what they hold, what stands before and behind them) are written alike. Of each kind the first
    and the last are rendered as they will be asked; if all of those stand in the whole text, those between do, and only
    their places are looked up. So the renderings are few, however many turns there are.
    """
    kinds: dict[tuple[object, ...], list[int]] = {}
    for turn in turns:
        kinds.setdefault(asked.kind(turn), []).append(turn)
    tried = sorted({turn for alike in kinds.values() for turn in (alike[0], alike[-1])})
    if len(tried) == len(turns):
        return None  # nothing to save: see `_by_reply`
    try:
        last = asked.reply(tried[-1])
        text = last.prompt + last.text
        known = {turn: asked.reply(turn) for turn in tried}
    except Reject:
        return None
    if not _is_layout_of(last) or not all(text.startswith(one.prompt + one.text) for one in known.values()):
        return None
    spans = list(_spans(asked, turns, known, last.where, text))
    return View(text, tuple(spans)) if len(spans) == len(turns) else None


def _spans(asked: _Asked, turns: Sequence[int], known: Mapping[int, Reply], where: Layout, text: str) -> Iterator[Span]:
    """The spans of the replies in the text, up to the first that is not found; those between are written as `known`."""
    like: dict[tuple[object, ...], Reply] = {}
    for turn in turns:
        if turn in known:  # as the first of each kind is
            like.setdefault(asked.kind(turn), known[turn])
            yield _span(known[turn])
            continue
        span = _looked_up(turn, where, text, like[asked.kind(turn)], asked.template)
        if span is None:
            return
        yield span


def _is_layout_of(one: Reply) -> bool:
    """Whether the places of the reply's parts are those of the text as it was rendered."""
    here = one.where.of(one.turn)
    return bool(here) and here[0].start == len(one.prompt) + one.lead


def _looked_up(turn: int, where: Layout, text: str, like: Reply, template: ChatTemplate) -> Span | None:
    """The span of a reply that is written as `like` is, found by where its parts stand."""
    places = where.of(turn)
    if not places:
        return None
    start = places[0].start - like.lead
    end = text.find(like.end, places[-1].end)
    if end < 0 or text[start : places[0].start] != like.text[: like.lead]:
        return None
    end += len(like.end)
    moved = tuple(Place(p.turn, p.kind, p.call, p.start - start, p.end - start) for p in places)
    inside = zones(moved, text[start:end], template.closes_reasoning)
    return Span(turn, start, end, tuple((start + a, start + b, kind) for a, b, kind in inside))
