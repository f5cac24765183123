"""Why a chat template cannot hold a conversation: the reason by name, found by taking things away until it can."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import cast

from pipeline.core.conversation import Json, Message
from pipeline.core.record import Reject
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.message_positions import Layout
from pipeline.modeling.lm.template_messages import Turn, Turns


def refusal(turns: Turns, template: ChatTemplate, ask: bool, error: Reject) -> Reject:
    """`error` of rendering `turns`, under the name of what the template has no form for.

    Reasons: strict_alternation, no_system_turn, one_call_only, no_text_beside_calls, no_tool_turn, template_refuses.
    """
    tried = list(turns.turns)
    for reason, without in _STEPS:
        simpler = without(tried) or [{"role": "user", "content": _blank(tried[0]["content"])}]
        if simpler == tried:
            continue
        tried = simpler
        try:
            template.render(replace(turns, turns=tried, tools=() if reason == "no_tool_turn" else turns.tools), ask)
        except Reject:
            continue
        return Reject(reason, error.detail)
    return error


def lost_part(layout: Layout, turns: Turns, reply: int) -> Reject | None:
    """The first part that the template leaves out of a prompt or of the reply (turn `reply`), as a reason.

    Earlier replies may lose text and reasoning: that is how the template tells the model of them. Reasons:
    no_system_turn, no_tool_turn, no_tools, no_tool_calls, one_call_only, no_text_beside_calls, no_reasoning,
    text_is_dropped.
    """
    if layout.lost_tools:
        return Reject("no_tools", "the chat template does not write tool definitions")
    for turn, kind, call in layout.lost:
        message = turns.messages[turn]
        if kind == "tool_calls":
            return _lost_call(turn, call)
        if message.role == "assistant":
            found = _lost_reply(message, kind) if turn == reply else None
        else:
            found = Reject(
                {"user": "text_is_dropped", "tool": "no_tool_turn"}.get(message.role, "no_system_turn"),
                f"the chat template leaves out turn {turn + 1} ({message.role})",
            )
        if found:
            return found
    return None


def _lost_call(turn: int, call: int) -> Reject:
    if call:
        return Reject("one_call_only", f"the chat template writes one call a turn; turn {turn + 1} has more")
    return Reject("no_tool_calls", f"the chat template leaves out the calls of turn {turn + 1}")


def _lost_reply(message: Message, kind: str) -> Reject:
    if kind == "reasoning":
        beside = " beside calls" if message.tool_calls else ""
        return Reject("no_reasoning", f"the chat template has no place for reasoning{beside}")
    if message.tool_calls:
        return Reject("no_text_beside_calls", "the chat template leaves out the text of a turn with calls")
    return Reject("text_is_dropped", "the chat template leaves out the text of the reply")


def _alternating(turns: Sequence[Turn]) -> list[Turn]:
    """Users and assistants in turn, the user first."""
    system = [turn for turn in turns if turn["role"] in ("system", "developer")]
    rest = [turn for turn in turns if turn["role"] not in ("system", "developer")]
    while rest and rest[0]["role"] == "assistant":
        rest = rest[1:]
    return [*system, *_joined(rest)]


def _joined(turns: Sequence[Turn]) -> Iterator[Turn]:
    for role, group in groupby(turns, key=lambda turn: turn["role"]):
        same = list(group)
        yield from same if role == "tool" else same[-1:]


def _without_system(turns: Sequence[Turn]) -> list[Turn]:
    return [turn for turn in turns if turn["role"] not in ("system", "developer")]


def _one_call(turns: Sequence[Turn]) -> list[Turn]:
    calls = [cast("Sequence[Json]", turn.get("tool_calls") or ()) for turn in turns]
    return [{**turn, "tool_calls": some[:1]} if some else turn for turn, some in zip(turns, calls, strict=True)]


def _bare_calls(turns: Sequence[Turn]) -> list[Turn]:
    return [{**turn, "content": _blank(turn["content"])} if turn.get("tool_calls") else turn for turn in turns]


def _blank(content: Json) -> Json:
    return "" if isinstance(content, str) else [{"type": "text", "text": ""}]


def _without_tools(turns: Sequence[Turn]) -> list[Turn]:
    kept = [{k: v for k, v in turn.items() if k != "tool_calls"} for turn in turns if turn["role"] != "tool"]
    return _alternating(kept) if len(kept) < len(turns) else list(turns)


_STEPS: tuple[tuple[str, Callable[[Sequence[Turn]], list[Turn]]], ...] = (
    ("strict_alternation", _alternating),
    ("no_system_turn", _without_system),
    ("one_call_only", _one_call),
    ("no_text_beside_calls", _bare_calls),
    ("no_tool_turn", _without_tools),
)
