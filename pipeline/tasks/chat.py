"""Chat: a conversation that ends before the assistant's turn, and the assistant's reply as target.

Fields: `messages`, and as JSON texts the tool definitions and the chat template's further arguments, or None. The
target is the reply, whole: text, reasoning and calls (`pipeline.core.conversation`). Earlier assistant turns stay in
`messages`; training takes the loss on all of them by default. A conversation without a final reply is unlabelled.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.conversations import order
from pipeline.core.conversation import (
    Conversation,
    Json,
    Message,
    calls_as_json,
    exported,
    fields_of,
    readable,
    to_conversation,
    to_row,
    whole_turn,
)
from pipeline.core.json_types import JsonObject
from pipeline.core.record import Fields, Record, Reject, Row, Target, as_json
from pipeline.core.settings import Task
from pipeline.core.turns import Reading, as_text, calls_in, is_nothing, message_of
from pipeline.dialects.messages import beside, messages_in
from pipeline.tasks.region import WHOLE_TEXT, Region

FIELDS: Mapping[str, str] = {"messages": "messages", "tools": "json", "template_arguments": "json"}

OPTIONAL: tuple[str, ...] = ("tools", "template_arguments")

HUB_CATEGORY = "text-generation"

#: See `TaskType.OVER_LONG`.
OVER_LONG = "cut"

#: What annotators read above each task, by language.
ASK: Mapping[str, str] = {
    "en": "Write the assistant's next reply. A text filled in is a suggestion: correct it.",
    "zh": "请写出助手的下一句回复。已填的内容只是建议，请加以修改。",
}

_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)


def target_kind(task: Task) -> str:
    """The reply is a message."""
    return "message"


def parse(values: Mapping[str, object], target: object, task: Task) -> tuple[Fields, Target]:
    """Fields and reply from `messages`: a list of turns (see `core/turns.py`), such a list as JSON text, or one text.

    Also reads `tools`, and `template_arguments` or `chat_template_kwargs`. The last assistant turn becomes the target
    unless one is given, as a text or as a message. Rejects: no_user_turn, and those of `pipeline.dialects.messages`.
    """
    conversation = _conversation(values)
    messages = list(conversation.messages)
    reply = None if is_nothing(target) else reply_of(target)
    if reply is None and messages and messages[-1].role == "assistant":
        reply = messages.pop()
    if not any(message.role == "user" for message in messages):
        raise Reject("no_user_turn", "a conversation needs a user turn before the reply")
    fields = fields_of(Conversation(tuple(messages), conversation.tools, conversation.template_arguments))
    return fields, None if reply is None else reply.as_dict()


def _conversation(values: Mapping[str, object]) -> Conversation:
    turns = values.get("messages")
    if isinstance(turns, Conversation):  # a reader of dialects made it
        return turns
    return beside(values, messages_in(turns, Reading()))


def reply_of(target: Json) -> Message:
    """The reply that a text or a message says. Rejects: not_a_reply, and those of `message_of`."""
    if not isinstance(target, Mapping):
        return Message("assistant", as_text(target, "the reply"))
    if "role" not in target and "content" not in target:
        raise Reject("not_a_text", "the reply is an object, not a text or a message")
    message = message_of({"role": "assistant", **target}, Reading(), 0)
    if message.role != "assistant":
        raise Reject("not_a_reply", f"the reply is a turn of role {message.role}")
    return message


def problems(record: Record, task: Task) -> list[str]:
    """Whose turn it is, and turns that say nothing (`pipeline.conversations.order`), one sentence each."""
    return [problem.detail for problem in order.problems(to_conversation(record.fields, record.target))]


def repair(fields: Fields, target: Target) -> tuple[Fields, Target]:
    """Nothing to repair."""
    return dict(fields), target


def main_text(record: Record) -> str:
    """All turns and the reply with their calls, one a line, without the system turns (often one for all records)."""
    turns = [Message.of(m) for m in record.fields["messages"] if m["role"] not in ("system", "developer")]
    turns += [Message.of(record.target)] if record.target is not None else []
    return "\n".join(map(readable, turns)).strip()


def compared_texts(record: Record) -> Sequence[str]:
    """What was asked and the reply: equal prompts with other replies are no copies."""
    return (unit(record), "" if record.target is None else readable(Message.of(record.target)))


def unit(record: Record) -> str:
    """What was asked: a prompt must not stand in two splits, whatever its replies."""
    return main_text(replace(record, target=None))


def says(record: Record) -> str:
    """The target."""
    return as_json(record.target)


def agree(targets: Sequence[Target], task: Task) -> list[Target] | None:
    """One question may have many good replies."""
    return list(targets)


def edit_texts(fields: Fields, target: Target, edit: Callable[[str], str]) -> tuple[Fields, Target]:
    """Content and reasoning of every turn and of the reply edited; calls and tool definitions stay as they are."""
    messages = [_edited(message, edit) for message in fields["messages"]]
    return {**fields, "messages": messages}, None if target is None else _edited(target, edit)


def _edited(message: Mapping[str, Target], edit: Callable[[str], str]) -> dict[str, object]:
    content = edit(message["content"])
    return {**message, "content": content, "reasoning": edit(message["reasoning"]) if message["reasoning"] else ""}


def answer_places(record: Record) -> list[tuple[int, int, int]]:
    """Content and reasoning of every assistant turn, and of the reply."""
    texts = itertools.chain.from_iterable(map(_texts, [*record.fields["messages"], record.target or {}]))
    return [(n, 0, len(text)) for n, (role, text) in enumerate(texts) if role == "assistant"]


def _texts(message: Mapping[str, Target]) -> Iterator[tuple[str, str]]:
    """The texts of a turn in the order in which `edit_texts` passes them."""
    if message:
        yield message["role"], message["content"]
        if message["reasoning"]:
            yield message["role"], message["reasoning"]


def stratum(record: Record) -> str | None:
    """Chats have no class."""
    return None


def row(record: Record) -> Row:
    """Columns `prompt` (the last user turn), `response` (text and calls), and the conversation with the reply in place.

    messages, tools and chat_template_kwargs are as `core.conversation.to_row` has them, and as trainers read them.
    """
    reply = None if record.target is None else readable(Message.of(record.target))
    return {"prompt": _last_user(record), "response": reply, **to_row(to_conversation(record.fields, record.target))}


def augmentable(record: Record) -> str:
    """The last user turn: what was asked may be worded otherwise, the reply stays."""
    return _last_user(record)


def protected(record: Record) -> Sequence[str]:
    """Code in the last user turn: fenced blocks and inline spans."""
    return _CODE.findall(_last_user(record))


def with_augmentable(record: Record, text: str) -> tuple[Fields, Target]:
    """The same reply to a last user turn that reads `text`."""
    messages = [dict(message) for message in record.fields["messages"]]
    last = max(n for n, message in enumerate(messages) if message["role"] == "user")
    messages[last]["content"] = text
    return {**record.fields, "messages": messages}, record.target


def with_answer(record: Record, text: str, answer: str) -> tuple[Fields, Target]:
    """A conversation of one question, under the same system turns; earlier turns belong to another question."""
    system = [dict(m) for m in record.fields["messages"] if m["role"] in ("system", "developer")]
    asked = Message("user", text).as_dict()
    return {**record.fields, "messages": [*system, asked]}, Message("assistant", answer).as_dict()


def labeling_config(task: Task) -> str:
    """The conversation as HTML, and TextAreas that hold the reply, its reasoning, and its calls as JSON.

    `messages_html` is made where tasks are sent (`pipeline.studio.conversation_pages`).
    """
    area = f'<TextArea name="{{}}" toName="messages" {WHOLE_TEXT}/>'
    return (
        '<View><HyperText name="messages" value="$messages_html" inline="true"/>'
        + area.format("reply")
        + '<Collapse><Panel value="reasoning">'
        + area.format("reasoning")
        + '</Panel><Panel value="calls">'
        + area.format("tool_calls")
        + '<Text name="tool_definitions" value="$tools"/></Panel></Collapse></View>'
    )


def to_label_studio(record: Record) -> JsonObject:
    """`messages` without the reply, and `tools` and `template_arguments` as JSON texts ("" where there are none).

    A turn has the keys of the exported dataset, and `shown`: its reasoning, text and calls as people read them.
    """
    turns = map(Message.of, record.fields["messages"])
    beside = {name: record.fields[name] or "" for name in OPTIONAL}
    return {"messages": [{**exported(turn), "shown": whole_turn(turn)} for turn in turns], **beside}


def result_from_target(target: Target) -> list[Region]:
    """`textarea` regions with the reply's text, and its reasoning and its calls where it has some."""
    reply = Message("assistant", target) if isinstance(target, str) else Message.of(target)
    parts = {"reply": reply.content, "reasoning": reply.reasoning, "tool_calls": calls_as_json(reply.tool_calls)}
    return [
        {"from_name": name, "to_name": "messages", "type": "textarea", "value": {"text": [text]}}
        for name, text in parts.items()
        if text or name == "reply"
    ]


def _written(result: Sequence[Region]) -> dict[str, str]:
    """Field of the labeling config -> what was written there."""
    texts: dict[str, list[str]] = {}
    for part in result:
        if part.get("type") == "textarea":
            texts.setdefault(part.get("from_name") or "reply", []).extend(part["value"]["text"])
    return {name: "\n".join(parts) for name, parts in texts.items()}


def target_from_result(result: Sequence[Region], task: Task) -> Target:
    """The reply that was written: its text, or a message where it has reasoning or calls. `parse` takes both.

    Rejects: empty_annotation, bad_call.
    """
    said = _written(result)
    calls = calls_in(said["tool_calls"], "the reply") if said.get("tool_calls", "").strip() else ()
    if not said.get("reply", "").strip() and not calls:
        raise Reject("empty_annotation", "no reply was written")
    reply = Message("assistant", said.get("reply", ""), said.get("reasoning", ""), calls)
    return reply.as_dict() if calls or reply.reasoning else reply.content


def _last_user(record: Record) -> str:
    return next((str(m["content"]) for m in reversed(record.fields["messages"]) if m["role"] == "user"), "")
