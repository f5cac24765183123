"""Chat: a conversation that ends with the user's turn, and the assistant's reply as target.

Earlier assistant turns stay in `messages`; training takes the loss on all of them by default.
A conversation without a final reply is an unlabelled record.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.core.record import Record, Reject, Target, as_json
from pipeline.core.settings import Task

FIELDS: Mapping[str, str] = {"messages": "messages"}

OPTIONAL: tuple[str, ...] = ()

HUB_CATEGORY = "text-generation"

#: See `TaskType.OVER_LONG`.
OVER_LONG = "cut"

#: What annotators read above each task, by language.
ASK: Mapping[str, str] = {
    "en": "Write the assistant's next reply. A text filled in is a suggestion: correct it.",
    "zh": "请写出助手的下一句回复。已填的内容只是建议，请加以修改。",
}

_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)

#: Role names that other tools use, and ours.
ROLES = {
    "system": "system",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "bot": "assistant",
    "tool": "tool",
    "function": "tool",
}


def target_kind(task: Task) -> str:
    """The reply is a text."""
    return "text"


def parse(values: Mapping[str, Any], target: Any, task: Task) -> tuple[dict[str, Any], Target]:
    """Messages and reply from `messages`, a list of {role, content} (or {from, value}), or one user turn as text.

    The last assistant turn becomes the target unless one is given. Rejects: missing_messages,
    unknown_role, no_user_turn.
    """
    turns = values.get("messages")
    if isinstance(turns, str) and turns:
        turns = [{"role": "user", "content": turns}]
    if not isinstance(turns, list) or not turns:
        raise Reject("missing_messages", "the row has no list of messages")
    messages = [_message(turn) for turn in turns]
    if target is None and messages[-1]["role"] == "assistant":
        target = messages.pop()["content"]
    if not any(message["role"] == "user" for message in messages):
        raise Reject("no_user_turn", "a conversation needs a user turn before the reply")
    return {"messages": messages}, None if target is None else str(target)


def problems(record: Record, task: Task) -> list[str]:
    """Empty turns, a late system turn, users who speak twice, a reply that has no question."""
    messages = record.fields["messages"]
    found = [f"turn {n} ({m['role']}) is empty" for n, m in enumerate(messages, 1) if not m["content"].strip()]
    if record.target is not None and not record.target.strip():
        found.append("the reply is empty")
    roles = [message["role"] for message in messages]
    if "system" in roles[1:]:
        found.append("a system turn is not the first turn")
    talk = [role for role in roles if role != "system"]
    if talk and talk[0] != "user":
        found.append("the first turn is not the user's")
    if any(a == b and a != "tool" for a, b in itertools.pairwise(talk)):
        found.append("two turns in a row have the same role")
    if talk and talk[-1] == "assistant":
        found.append("the turn before the reply is the assistant's")
    return found


def repair(fields: Mapping[str, Any], target: Target) -> tuple[dict[str, Any], Target]:
    """Nothing to mend."""
    return dict(fields), target


def main_text(record: Record) -> str:
    """All turns and the reply, one a line, without the system turn (often one for all records)."""
    turns = [m["content"] for m in record.fields["messages"] if m["role"] != "system"]
    return "\n".join([*turns, record.target or ""]).strip()


def likeness(record: Record) -> Sequence[str]:
    """The conversation."""
    return (main_text(record),)


def unit(record: Record) -> str:
    """The conversation."""
    return main_text(record)


def says(record: Record) -> str:
    """The target."""
    return as_json(record.target)


def agree(targets: Sequence[Target], task: Task) -> list[Target] | None:
    """One question may have many good replies."""
    return list(targets)


def edit_texts(fields: Mapping[str, Any], target: Target, edit: Callable[[str], str]) -> tuple[dict[str, Any], Target]:
    """Every turn and the reply edited."""
    messages = [{"role": m["role"], "content": edit(m["content"])} for m in fields["messages"]]
    return {"messages": messages}, None if target is None else edit(target)


def answer_places(record: Record) -> list[tuple[int, int, int]]:
    """Every assistant turn, and the reply."""
    texts = [(m["role"], m["content"]) for m in record.fields["messages"]]
    if record.target is not None:
        texts.append(("assistant", record.target))
    return [(n, 0, len(text)) for n, (role, text) in enumerate(texts) if role == "assistant"]


def stratum(record: Record) -> str | None:
    """Chats have no class."""
    return None


def row(record: Record) -> dict[str, Any]:
    """Columns `prompt` (the last user turn), `response`, and `messages` with the reply in place."""
    messages = list(record.fields["messages"])
    if record.target is not None:
        messages.append({"role": "assistant", "content": record.target})
    return {"prompt": _last_user(record), "response": record.target, "messages": messages}


def augmentable(record: Record) -> str:
    """The last user turn: what was asked may be worded otherwise, the reply stays."""
    return _last_user(record)


def protected(record: Record) -> Sequence[str]:
    """Code in the last user turn: fenced blocks and inline spans."""
    return _CODE.findall(_last_user(record))


def with_augmentable(record: Record, text: str) -> tuple[dict[str, Any], Target]:
    """The same reply to a last user turn that reads `text`."""
    messages = [dict(message) for message in record.fields["messages"]]
    last = max(n for n, message in enumerate(messages) if message["role"] == "user")
    messages[last]["content"] = text
    return {"messages": messages}, record.target


def with_answer(record: Record, text: str, answer: str) -> tuple[dict[str, Any], Target]:
    """A conversation of one question, under the same system turn; earlier turns belong to another question."""
    system = [dict(m) for m in record.fields["messages"] if m["role"] == "system"]
    return {"messages": [*system, {"role": "user", "content": text}]}, answer


def labeling_config(task: Task) -> str:
    """The conversation as Paragraphs, and a TextArea that holds the reply."""
    return (
        '<View><Paragraphs name="messages" value="$messages" layout="dialogue" nameKey="role" textKey="content"/>'
        '<TextArea name="reply" toName="messages" rows="4" editable="true" maxSubmissions="1"/></View>'
    )


def to_label_studio(record: Record) -> dict[str, Any]:
    """`{"messages": [...]}`, without the reply."""
    return {"messages": [dict(message) for message in record.fields["messages"]]}


def result_from_target(target: Target) -> list[dict[str, Any]]:
    """One `textarea` region."""
    return [{"from_name": "reply", "to_name": "messages", "type": "textarea", "value": {"text": [target]}}]


def target_from_result(result: Sequence[Mapping[str, Any]], task: Task) -> Target:
    """The reply that was written. Rejects: empty_annotation."""
    texts = [text for part in result if part.get("type") == "textarea" for text in part["value"]["text"]]
    if not "".join(texts).strip():
        raise Reject("empty_annotation", "no reply was written")
    return "\n".join(texts)


def _message(turn: Any) -> dict[str, str]:
    role = str(turn.get("role", turn.get("from", ""))) if isinstance(turn, Mapping) else ""
    if role not in ROLES:
        raise Reject("unknown_role", f"'{role}' is not one of {', '.join(ROLES)}")
    content = turn.get("content", turn.get("value"))
    return {"role": ROLES[role], "content": "" if content is None else str(content)}


def _last_user(record: Record) -> str:
    return next((str(m["content"]) for m in reversed(record.fields["messages"]) if m["role"] == "user"), "")
