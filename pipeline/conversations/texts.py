"""What stands in a text although it belongs beside it: reasoning, calls, control tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.conversations.problem import Problem
from pipeline.core.conversation import Conversation, Message
from pipeline.core.errors import shorten

#: Code: what it quotes is no markup of the conversation.
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_THINK = re.compile(r"<(/?)think(?:ing)?>")
_OPEN = re.compile(r"^\s*<think(?:ing)?>", re.MULTILINE)
_CALL = re.compile(
    r"^\s*(?:</?tool_call>|</?tool_response>|<function_call>|<function=|\[TOOL_CALLS\]|<\|tool_calls?(?:_begin)?\|>"
    r"|<｜tool▁calls▁begin｜>|<\|python_tag\|>)",
    re.MULTILINE,
)
#: Tokens with which chat templates separate turns: in a text they would end it, or begin another one.
_CONTROL = re.compile(
    r"<\|(?:im_start|im_end|im_sep|endoftext|begin_of_text|end_of_text|eot_id|eom_id|start_header_id|end_header_id"
    r"|start|end|channel|message|return|user|assistant|system|observation|end_of_turn|START_OF_TURN_TOKEN"
    r"|END_OF_TURN_TOKEN)\|>|</?(?:start_of_turn|end_of_turn)>|\[/?INST\]|<</?SYS>>|<｜(?:User|Assistant|end▁of▁sentence)｜>"
)


def problems(conversation: Conversation) -> Iterator[Problem]:
    """Problems within texts; what code quotes is none.

    Reasons: reasoning_left_open, reasoning_not_opened, reasoning_tag_in_reasoning, reasoning_only, call_left_as_text,
    control_token_in_text.
    """
    for n, message in enumerate(conversation.messages, 1):
        content = _CODE.sub("", message.content) if "`" in message.content else message.content
        if message.role == "assistant":
            yield from _reasoning(n, message, content)
            if found := _CALL.search(content):
                yield Problem("call_left_as_text", f"turn {n}: {_from(content, found.start())}")
        for text in (content, message.reasoning):
            if found := _CONTROL.search(text):
                yield Problem("control_token_in_text", f"turn {n}: {found[0]}")


def _reasoning(n: int, message: Message, content: str) -> Iterator[Problem]:
    tags = list(_THINK.finditer(content))
    if tags and tags[0][1]:
        yield Problem("reasoning_not_opened", f"turn {n} closes reasoning that it did not open: {_from(content, 0)}")
    if tags and not tags[-1][1] and _OPEN.search(content):
        yield Problem("reasoning_left_open", f"turn {n}: {_from(content, tags[-1].start())}")
    if found := _THINK.search(message.reasoning):
        yield Problem("reasoning_tag_in_reasoning", f"turn {n}: {_from(message.reasoning, found.start())}")
    if message.reasoning.strip() and not (message.content.strip() or message.tool_calls):
        yield Problem("reasoning_only", f"turn {n} reasons and says nothing: {_from(message.reasoning, 0)}")


def _from(text: str, start: int) -> str:
    return shorten(text[start:].strip(), 80)
