"""One reply as the model will be asked for it: the prompt of its turn, and what the template writes after that prompt.

The prompt is always the template's own rendering of the history with its generation prompt. The reply is what the
template writes for the turn when it stands last. Where the two disagree, what a model has to write after that prompt:

1. The rendering goes on where the prompt ends: the rest of it, also from inside a think block that the prompt opens.
2. The prompt opens a think block and the reply writes an empty one, another way: the block is closed at once.
3. The prompt opens a think block and the template keeps no reasoning of replies: the reasoning, the closing tag, then
   what the template writes for the reply. Without reasoning the reply is refused (opens_think_block).
4. The template writes the history otherwise once the reply stands there: what follows its generation prompt there.

A reply ends with its last control token. Where the template leaves the last reply open, it ends with the token that
opens the next turn: that is what stops the model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

from pipeline.core.conversation import Conversation, Message, ToolCall
from pipeline.core.errors import shorten
from pipeline.core.record import Reject
from pipeline.modeling.lm.chat_settings import Part
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.message_positions import Layout, Place, layout
from pipeline.modeling.lm.refusals import lost_part, refusal
from pipeline.modeling.lm.template_messages import Turn, Turns

#: A think block that a prompt opens, or closes at once.
_OPENED = re.compile(r"<think>\s*\Z")
_EMPTY = re.compile(r"<think>\s*</think>\s*\Z")
_THINKS = re.compile(r"think|thought", re.IGNORECASE)
_CLOSE = "\n</think>\n\n"

#: A stretch of a reply: half-open span, and what it says.
Zone = tuple[int, int, Part]


@dataclass(frozen=True)
class Reply:
    """The reply of turn `turn`: `prompt` + `text`. `zones` cover the text from its start, in order.

    `lead` is how far into the text its first part begins, `end` the token or tokens that end it; `where` are the parts
    of all turns up to this one, as the template writes them when it stands last.
    """

    turn: int
    prompt: str
    text: str
    zones: tuple[Zone, ...]
    lead: int
    end: str
    where: Layout


def reply(turns: Turns, turn: int, template: ChatTemplate) -> Reply:
    """The reply of one turn. Rejects with the reasons of `refusal`, `lost_part` and those named in this module."""
    prompt = rendered(turns.upto(turn), template, ask=True)
    through = turns.upto(turn + 1, _inlined(turns, turn, template))
    text = rendered(through, template)
    where = layout(through, text, template)
    lost = lost_part(where, through, turn)
    if lost and lost.reason == "no_reasoning" and _OPENED.search(prompt):
        return _within_opened(turns, turn, prompt, template)
    if lost:
        raise lost
    start, joined = _continued(turns, turn, prompt, text, where, template)
    body = joined + text[start:]
    places = _shifted(where.of(turn), start - len(joined))
    return _ended(prompt, body, places, where, through, template)


def rendered(turns: Turns, template: ChatTemplate, ask: bool = False) -> str:
    """As `ChatTemplate.render`, with the true cause of a refusal."""
    try:
        return template.render(turns, ask)
    except Reject as error:
        raise refusal(turns, template, ask, error) from None


def _inlined(turns: Turns, turn: int, template: ChatTemplate) -> Turn | None:
    """The turn with its reasoning in its content, where the template has no field for it."""
    message, given = turns.messages[turn], turns.turns[turn]
    if not (message.reasoning and template.inlines_reasoning):
        return None
    text = f"<think>\n{message.reasoning.strip()}{_CLOSE}{message.content}"
    content = [{"type": "text", "text": text}] if template.as_parts else text
    return {**given, "content": content}


def _within_opened(turns: Turns, turn: int, prompt: str, template: ChatTemplate) -> Reply:
    """Rule 3: reasoning that only the prompt's opened think block has a place for."""
    plain = {key: value for key, value in turns.turns[turn].items() if key != "reasoning_content"}
    through = turns.upto(turn + 1, plain)
    text = rendered(through, template)
    where = layout(through, text, template)
    lost = lost_part(where, through, turn)
    if lost and lost.reason != "no_reasoning":
        raise lost
    opened = _OPENED.search(prompt)
    start = opened.start() if opened else 0
    if not text.startswith(prompt[:start]):
        raise _differ(prompt, text)
    reasoning = turns.messages[turn].reasoning.strip()
    head = f"{reasoning}{_CLOSE}"
    places = (Place(turn, "reasoning", 0, 0, len(reasoning)), *_shifted(where.of(turn), start - len(head)))
    return _ended(prompt, head + text[start:], places, where, through, template)


def _continued(
    turns: Turns, turn: int, prompt: str, text: str, where: Layout, template: ChatTemplate
) -> tuple[int, str]:
    """Where in `text` the reply to `prompt` begins, and what stands before that in its place (rules 1, 2 and 4)."""
    if text.startswith(prompt):
        return len(prompt), ""
    opened = _OPENED.search(prompt)
    if opened and text.startswith(prompt[: opened.start()]):
        empty = re.match(r"<think>\s*(?=</think>)", text[opened.start() :])
        if not empty:
            raise Reject("opens_think_block", "the chat template opens a think block that the reply does not hold")
        return opened.start() + empty.end(), ""
    start = _after_generation_prompt(turns, turn, prompt, text, where, template)
    if start is not None:
        return start, ""
    if turns.messages[turn].reasoning and _EMPTY.search(prompt):
        raise Reject("thinking_is_off", "the template's arguments turn thinking off, but the reply holds reasoning")
    raise _differ(prompt, text)


def _after_generation_prompt(
    turns: Turns, turn: int, prompt: str, text: str, where: Layout, template: ChatTemplate
) -> int | None:
    """Rule 4: the end of the last generation prompt before the reply's first part, with nothing said between them."""
    history = rendered(turns.upto(turn), template)
    opening = prompt.removeprefix(history) if prompt.startswith(history) else ""
    places = where.of(turn)
    if not places or not opening.strip():
        return None
    first = places[0].start
    found = text.rfind(opening, 0, first)
    start = found + len(opening)
    if found < 0 or any(start < place.end <= first for place in where.places if place.turn != turn):
        return None
    return start


def _differ(prompt: str, text: str) -> Reject:
    """The prompt and the rendering with the reply part ways; what the prompt says from there on names the cause."""
    same = next((n for n, (a, b) in enumerate(zip(prompt, text, strict=False)) if a != b), len(text))
    asked, written = prompt[same:], text[same:]
    if _THINKS.search(asked) and len(asked) < 40:
        return Reject("opens_think_block", "the chat template opens a think block that the reply does not hold")
    return Reject(
        "prompt_and_reply_differ",
        f"the chat template asks with {shorten(repr(asked), 60)} where the reply has {shorten(repr(written), 60)}",
    )


def _ended(
    prompt: str, body: str, places: tuple[Place, ...], where: Layout, through: Turns, template: ChatTemplate
) -> Reply:
    """The reply cut after what ends it. Rejects: no_end_of_turn."""
    end = _end(body, bool(through.messages[-1].tool_calls), template)
    if end is None:
        raise Reject("no_end_of_turn", "the chat template ends the reply with no control token of the tokenizer")
    text, ending = end
    lead = places[0].start if places else 0
    inside = zones(places, text, template.closes_reasoning)
    return Reply(len(through.messages) - 1, prompt, text, inside, lead, ending, where)


def _end(body: str, is_call: bool, template: ChatTemplate) -> tuple[str, str] | None:
    """The body through its end, and the tokens of that end."""
    if not template.ends_replies:
        following = template.opens_next(is_call)
        return (body + following, following) if following else None
    run = re.search(rf"(?:(?:{template.control.pattern})\s*)+\Z", body)
    if run is None:
        return None
    tail = run.group()
    if template.end and template.end in tail:
        stop = run.start() + tail.index(template.end) + len(template.end)
        return body[:stop], template.end
    last = [*template.control.finditer(tail)][-1]
    return body[: run.start() + last.end()], last.group()


def zones(places: tuple[Place, ...], text: str, closes_reasoning: str) -> tuple[Zone, ...]:
    """The text cut into what it says. What opens a part belongs to it, and so does what closes reasoning or a call."""
    if not places:
        return ((0, len(text), "content"),)
    found: list[Zone] = []
    start = 0
    for here, following in pairwise(places):
        if here.kind == following.kind:
            continue
        stop = _border(here, following, text, closes_reasoning)
        found.append((start, stop, here.kind))
        start = stop
    return (*found, (start, len(text), places[-1].kind))


def _border(here: Place, following: Place, text: str, closes_reasoning: str) -> int:
    if following.kind != "tool_calls":
        return following.start
    if here.kind == "content":
        return here.end
    between = text[here.end : following.start]
    same = next((n for n, (a, b) in enumerate(zip(between, closes_reasoning, strict=False)) if a != b), None)
    return here.end + (min(len(between), len(closes_reasoning)) if same is None else same)


def _shifted(places: tuple[Place, ...], start: int) -> tuple[Place, ...]:
    return tuple(Place(p.turn, p.kind, p.call, p.start - start, p.end - start) for p in places if p.end > start)


def stop_ids(template: ChatTemplate) -> tuple[int, ...]:
    """The tokens at which writing a reply ends: the tokenizer's end of text, and what ends texts and calls here."""
    tokenizer = template.tokenizer
    found = set() if tokenizer.eos_token_id is None else {int(tokenizer.eos_token_id)}
    user = Message("user", "Hello.")
    for answer in (
        Message("assistant", "Hello."),
        Message("assistant", tool_calls=(ToolCall("tool", '{"key": "value"}'),)),
    ):
        try:
            end = reply(template.turns(Conversation((user, answer))), 1, template).end
        except Reject:
            continue
        found.add(cast("int", tokenizer.convert_tokens_to_ids([*template.control.finditer(end)][-1].group())))
    return tuple(sorted(found))
