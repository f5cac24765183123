"""Dialect `alpaca`: `{"instruction", "input", "output", "system", "history"}`; the history holds pairs of turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.core.conversation import Conversation, Json, JsonObject, Message
from pipeline.core.record import Reject, Row
from pipeline.core.turns import Reading, as_text, is_nothing, parsed
from pipeline.dialects.messages import system_of

COLUMNS = (
    "instruction",
    "input",
    "output",
    "system",
    "history",
    "instances",
    "prompt",
    "query",
    "response",
    "completion",
)

#: Columns that other sources have for the same.
_ASKED, _ANSWER = ("instruction", "prompt", "query"), ("output", "response", "completion")


def read(row: Row, reading: Reading) -> Conversation:
    """Without an answer (null, NaN), the conversation ends with the user's turn; "" is an empty answer.

    Rejects: not_a_dialogue, not_a_text.
    """
    asked = _first(row, _ASKED)
    if asked is None:
        raise Reject("not_a_dialogue", f"no instruction among the keys {', '.join(list(row)[:10])}")
    messages = [*system_of(row), *_history(row.get("history"))]
    parts = [as_text(asked, "the instruction")]
    if not is_nothing(row.get("input")):
        parts.append(as_text(row["input"], "the input"))
    messages.append(Message("user", "\n\n".join(part for part in parts if part)))
    answer = _first(row, _ANSWER)
    return Conversation((*messages, *([] if answer is None else [Message("assistant", as_text(answer, "the output"))])))


def _first(row: Row, names: Sequence[str]) -> Json:
    return next((row[name] for name in names if not is_nothing(row.get(name))), None)


def _history(history: Json) -> list[Message]:
    if is_nothing(history) or history in ("", []):
        return []
    pairs = parsed(history) if isinstance(history, str) else history
    if not isinstance(pairs, list):
        raise Reject("not_a_dialogue", "the history is no list of pairs (question, answer)")
    return [message for pair in pairs for message in _pair(pair)]


def _pair(pair: Json) -> tuple[Message, Message]:
    if isinstance(pair, Mapping):
        pair = [pair.get("user"), pair.get("assistant")]
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise Reject("not_a_dialogue", "an entry of the history is no pair (question, answer)")
    return (
        Message("user", as_text(pair[0], "a question of the history")),
        Message("assistant", as_text(pair[1], "an answer of the history")),
    )


def write(conversation: Conversation) -> JsonObject:
    """The last question is the instruction; earlier turns are the history."""
    messages = list(conversation.messages)
    system = messages.pop(0).content if messages[0].role == "system" else ""
    *before, asked, answer = (message.content for message in messages)
    history = [list(pair) for pair in zip(before[::2], before[1::2], strict=True)]
    return {"instruction": asked, "input": "", "output": answer, "system": system, "history": history}
