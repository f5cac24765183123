"""What a dialect has no place for is refused by name, before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count, filterfalse, groupby, pairwise

from pipeline.core.conversation import Conversation, Message, loaded
from pipeline.core.record import Reject
from pipeline.dialects.dialect import Places

_SYSTEM = ("system", "developer")


def check(conversation: Conversation, places: Places) -> Conversation:
    """The conversation as a dialect with these places can say it: ids that their order implies are left out.

    Rejects: no_place_for_tools, no_place_for_ids, no_place_for_reasoning, no_place_for_names, no_place_for_learn,
    no_place_for_template_arguments, no_place_for_developer, no_place_for_late_system, no_place_for_runs,
    no_place_for_any_turns, no_place_for_any_order, arguments_no_object, no_turns.
    """
    if not conversation.messages:
        raise Reject("no_turns", "the conversation is empty")
    for name, is_there in _FOUND.items():
        if not getattr(places, name) and is_there(conversation):
            raise Reject(f"no_place_for_{name}", _WHAT[name])
    for message in conversation.messages:
        for call in message.tool_calls:
            if isinstance(loaded(call.arguments), str):
                raise Reject("arguments_no_object", f"the arguments of a call of '{call.name}' are no JSON object")
    return conversation if places.ids else without_ids(conversation)


def without_ids(conversation: Conversation) -> Conversation:
    """The conversation without ids of calls and names of results. Rejects: no_place_for_ids where results need them."""
    if not _in_order(conversation):
        raise Reject("no_place_for_ids", "tool results are not in the order of their calls, and only ids tell them")
    return replace(conversation, messages=tuple(_anonymous(message) for message in conversation.messages))


def with_ids(conversation: Conversation) -> Conversation:
    """The conversation with an id for each call that has none, and for the result that answers it by its place."""
    free = _free_ids(conversation)
    waiting: dict[str, None] = {}  # ids of calls without a result, in order
    messages: list[Message] = []
    for message in conversation.messages:
        if message.role == "tool":
            id = message.tool_call_id or next(iter(waiting), "")
            waiting.pop(id, None)
            messages.append(replace(message, tool_call_id=id))
            continue
        calls = tuple(call if call.id else replace(call, id=next(free)) for call in message.tool_calls)
        waiting = dict.fromkeys(call.id for call in calls)
        messages.append(replace(message, tool_calls=calls) if calls else message)
    return replace(conversation, messages=tuple(messages))


def _free_ids(conversation: Conversation) -> Iterator[str]:
    used = {call.id for message in conversation.messages for call in message.tool_calls}
    return filterfalse(used.__contains__, map("call_{}".format, count(1)))


def _anonymous(message: Message) -> Message:
    if message.role == "tool":
        return replace(message, tool_call_id="", name="")
    return replace(message, tool_calls=tuple(replace(call, id="") for call in message.tool_calls))


def _in_order(conversation: Conversation) -> bool:
    """Whether every result that names a call is the next one that is waited for."""
    waiting: list[tuple[str, str]] = []
    for message in conversation.messages:
        if message.role == "assistant":
            waiting = [(call.id, call.name) for call in message.tool_calls]
        elif message.role == "tool":
            id, name = waiting.pop(0) if waiting else ("", "")
            if message.tool_call_id not in ("", id) or message.name not in ("", name):
                return False
    return True


def _conversations(messages: tuple[Message, ...]) -> Iterator[Message]:
    return (message for message in messages if message.role not in _SYSTEM)


def _out_of_order(conversation: Conversation) -> bool:
    system = [n for n, message in enumerate(conversation.messages) if message.role in _SYSTEM]
    roles = [message.role for message in _conversations(conversation.messages)]
    alternate = all(role == ("user", "assistant")[n % 2] for n, role in enumerate(roles))
    return system not in ([], [0]) or not alternate or len(roles) % 2 != 0


def _out_of_turn(conversation: Conversation) -> bool:
    """Whether it is not a user turn or the results of all calls, then the assistant, in turn to the end."""
    answers: list[bool] = []
    called = 0
    for role, run in groupby(_conversations(conversation.messages), lambda message: message.role):
        turns = list(run)
        is_one = role == "tool" and len(turns) == called
        answers += [role == "assistant"] * (1 if is_one else len(turns))
        called = len(turns[-1].tool_calls)
    return any(is_answer != bool(n % 2) for n, is_answer in enumerate(answers)) or len(answers) % 2 != 0


_FOUND: dict[str, Callable[[Conversation], bool]] = {
    "tools": lambda conversation: (
        bool(conversation.tools) or any(m.tool_calls or m.role == "tool" for m in conversation.messages)
    ),
    "ids": lambda conversation: not _in_order(conversation),
    "reasoning": lambda conversation: any(m.reasoning for m in conversation.messages),
    "names": lambda conversation: any(m.name for m in conversation.messages if m.role != "tool"),
    "learn": lambda conversation: any(m.learn is not None for m in conversation.messages),
    "template_arguments": lambda conversation: bool(conversation.template_arguments),
    "developer": lambda conversation: any(m.role == "developer" for m in conversation.messages),
    "late_system": lambda conversation: any(m.role in _SYSTEM for m in conversation.messages[1:]),
    "runs": lambda conversation: any(a.role == b.role == "assistant" for a, b in pairwise(conversation.messages)),
    "any_turns": _out_of_turn,
    "any_order": _out_of_order,
}

_WHAT = {
    "tools": "there is no place for tool definitions, calls and results",
    "ids": "tool results are not in the order of their calls, and only ids tell them",
    "reasoning": "there is no place for reasoning",
    "names": "there is no place for a speaker's name",
    "learn": "there is no place for turns that are, or are not, to be learned",
    "template_arguments": "there is no place for arguments of the chat template",
    "developer": "there is no role developer",
    "late_system": "there is no place for a system turn but at the beginning",
    "runs": "two turns of the assistant in a row would become one",
    "any_turns": "not a user turn or the results of all calls, then the assistant, in turn: LLaMA-Factory skips it",
    "any_order": "a system turn, then user and assistant in turn, is all it can say",
}
