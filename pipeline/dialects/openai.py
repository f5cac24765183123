"""Dialect `openai`: lines for OpenAI's fine-tuning service, by its published rules.

`{"messages": [{"role", "content", "tool_calls", "tool_call_id", "name", "weight"}], "tools"}`: no other key, calls with
ids, each answered by a result, the last turn the assistant's and learned.
"""

from __future__ import annotations

import re
from itertools import filterfalse

from pipeline.core.conversation import Conversation, Json, JsonObject, Message, exported
from pipeline.core.record import Reject
from pipeline.dialects.responses import needed

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def write(conversation: Conversation) -> JsonObject:
    """Rejects: call_without_id, last_turn_not_assistant, last_turn_not_learned, bad_tool_name, call_without_result."""
    last = conversation.messages[-1]
    if last.role != "assistant":
        raise Reject("last_turn_not_assistant", "the service learns replies, and the last turn is none")
    if last.learn is False:
        raise Reject("last_turn_not_learned", "the last turn is not to be learned")
    names = [tool["function"]["name"] for tool in conversation.tools]
    names += [call.name for message in conversation.messages for call in message.tool_calls]
    bad = next(filterfalse(_NAME.fullmatch, names), None)
    if bad is not None:
        raise Reject("bad_tool_name", f"'{bad}': letters, digits, _ and - only, at most 64")
    _check_results(conversation)
    row: dict[str, Json] = {"messages": list(map(_message, conversation.messages))}
    return {**row, **({"tools": list(conversation.tools)} if conversation.tools else {})}


def _message(message: Message) -> dict[str, Json]:
    found = exported(message)
    if message.tool_calls and not message.content:
        del found["content"]
    for call in message.tool_calls:
        needed(call.id)
    if message.role == "tool":
        needed(message.tool_call_id)
        found.pop("name", None)
    return found


def _check_results(conversation: Conversation) -> None:
    """Every call but the last turn's is answered before the next turn that is no result."""
    waiting: set[str] = set()
    for message in conversation.messages:
        if message.role == "tool":
            if message.tool_call_id not in waiting:
                raise Reject("result_without_call", f"no call has the id '{message.tool_call_id}'")
            waiting.discard(message.tool_call_id)
        elif waiting:
            raise Reject("call_without_result", f"no result came for the call '{min(waiting)}'")
        waiting |= {call.id for call in message.tool_calls}
