"""Conversations as people write them, brought into the order that chat templates want. See docs/conversations.md."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pipeline.conversations.order import INSTRUCTING, is_empty
from pipeline.core.conversation import Conversation, Message
from pipeline.core.settings import Settings

#: What people say to thank, to agree and to take leave, in English and Chinese.
_CLOSING = re.compile(
    r"(?<![a-z])(?:ok(?:ay)?|good|great|perfect|all ?right|got it|i see|sure|yes|fine|cool|wonderful|awesome|thx|ty"
    r"|(?:thank you|thanks|many thanks)(?: (?:so|very) much| a lot| again)?|much appreciated|cheers|bye|goodbye"
    r"|that(?:'s| is) (?:all|great|it)|for (?:your|the) (?:help|time|reply)|that helps"
    r"|have a (?:nice|good|great) (?:day|one|evening|weekend))(?![a-z])"
    r"|好|嗯|行|可以|明白|知道|了解|收到|没问题|原来如此|谢谢|多谢|感谢|辛苦|再见|拜拜|麻烦|客服|[太你您哦噢啊吧呢的了啦]",
    re.IGNORECASE,
)


class TurnOrder(Settings):
    """What is put in order. Empty system turns go in any case; nothing within a turn's text changes."""

    greeting: Literal["drop", "to_system", "keep"] = "drop"  # what the assistant says before the user's first turn
    same_role: Literal["join", "keep"] = "join"  # turns of one role in a row (calls and results stay apart)
    joint: str = "\n"  # between the texts of turns that are joined
    trailing_user: Literal["cut", "cut_thanks", "keep"] = (
        "cut"  # last user turns without a reply, after one with a reply
    )
    system: Literal["join", "keep"] = "join"  # several system texts become one, the first turn


@dataclass
class Repairing:
    """A conversation's messages on their way; `done` counts the turns that each repair touched."""

    messages: list[Message]
    done: Counter[str] = field(default_factory=Counter)


def repaired(conversation: Conversation, order: TurnOrder, is_open: bool = False) -> tuple[Conversation, Counter[str]]:
    """The conversation in order, and how many turns each repair touched.

    `is_open`: the last user turn waits for a reply that somebody will write; it is not cut. A system text that came
    after a reply is moved to the front like the others, and the replies that were given without it are not learned
    (`learn` false). Repairs: empty_system_dropped, system_joined, system_moved, greeting_dropped,
    greeting_to_system, turns_joined, trailing_user_cut.
    """
    work = Repairing(list(conversation.messages))
    _drop_empty_system(work)
    if order.greeting != "keep":
        _move_greeting(work, order)
    if order.system == "join":
        _join_system(work, order.joint)
    if order.same_role == "join":
        _join_turns(work, order.joint)
    if order.trailing_user != "keep" and not is_open:
        _cut_trailing(work, thanks_only=order.trailing_user == "cut_thanks")
    if not work.done:
        return conversation, work.done
    return replace(conversation, messages=tuple(work.messages)), work.done


def is_closing(text: str) -> bool:
    """Whether a user's turn only thanks, agrees or takes leave."""
    return not any(letter.isalnum() or letter in "?？" for letter in _CLOSING.sub("", text))


def _drop_empty_system(work: Repairing) -> None:
    kept = [message for message in work.messages if message.role not in INSTRUCTING or not is_empty(message)]
    work.done["empty_system_dropped"] += len(work.messages) - len(kept)
    work.messages = kept
    work.done += Counter()  # forgets zeros


def _move_greeting(work: Repairing, order: TurnOrder) -> None:
    """Assistant turns before the first user turn; where they call tools they are no greeting."""
    roles = [message.role for message in work.messages]
    if "user" not in roles:
        return
    first = roles.index("user")
    greetings, rest = _parted(work.messages[:first], ("assistant",))
    if not greetings or any(message.tool_calls or message.role == "tool" for message in work.messages[:first]):
        return
    if order.greeting == "to_system":
        text = order.joint.join(message.content for message in greetings if message.content.strip())
        rest += [Message("system", text)] if text else []
        work.done["greeting_to_system"] += len(greetings)
    else:
        work.done["greeting_dropped"] += len(greetings)
    work.messages = rest + work.messages[first:]


def _join_system(work: Repairing, joint: str) -> None:
    """One turn for each instructing role, ahead of all others."""
    found, rest = _parted(work.messages, INSTRUCTING)
    ahead = _one_a_role(found, joint)
    moved = _late_system(work.messages)
    joined = len(found) - len(ahead)
    if moved or joined:
        early = _parted(work.messages[: moved[-1]], INSTRUCTING)[1] if moved else []
        work.messages = [*ahead, *map(_not_learned, early), *rest[len(early) :]]
    work.done += Counter(system_moved=len(moved), system_joined=joined)  # forgets zeros


def _parted(messages: Sequence[Message], roles: Collection[str]) -> tuple[list[Message], list[Message]]:
    """Those of the roles, and the others, in their order."""
    return [m for m in messages if m.role in roles], [m for m in messages if m.role not in roles]


def _one_a_role(messages: Sequence[Message], joint: str) -> list[Message]:
    groups = (_parted(messages, (role,))[0] for role in INSTRUCTING)
    return [replace(group[0], content=joint.join(message.content for message in group)) for group in groups if group]


def _late_system(messages: Sequence[Message]) -> list[int]:
    """Places of the instructing turns that stand behind a turn of somebody else."""
    places = [n for n, message in enumerate(messages) if message.role in INSTRUCTING]
    return [n for position, n in enumerate(places) if n > position]


def _not_learned(message: Message) -> Message:
    return replace(message, learn=False) if message.role == "assistant" else message


def _join_turns(work: Repairing, joint: str) -> None:
    """Turns of one role in a row, where they have one speaker. An assistant that waits for results is not joined."""
    messages: list[Message] = []
    for message in work.messages:
        if messages and _go_on(messages[-1], message):
            messages[-1] = _joined(messages[-1], message, joint)
            work.done["turns_joined"] += 1
        else:
            messages.append(message)
    work.messages = messages


def _go_on(first: Message, second: Message) -> bool:
    is_one = first.role == second.role and first.role in ("user", "assistant")
    return is_one and not first.tool_calls and (not first.name or second.name in ("", first.name))


def _joined(first: Message, second: Message, joint: str) -> Message:
    learn = False if False in (first.learn, second.learn) else first.learn or second.learn
    return replace(
        first,
        content=_texts(first.content, second.content, joint=joint),
        reasoning=_texts(first.reasoning, second.reasoning, joint=joint),
        tool_calls=first.tool_calls + second.tool_calls,
        name=first.name or second.name,
        learn=learn,
    )


def _texts(*texts: str, joint: str) -> str:
    return joint.join(text for text in texts if text.strip())


def _cut_trailing(work: Repairing, thanks_only: bool) -> None:
    """User turns behind the last reply; a conversation without any reply stays as it is."""
    roles = [message.role for message in work.messages]
    if "assistant" not in roles:
        return
    last = len(roles) - 1 - roles[::-1].index("assistant")
    after = work.messages[last + 1 :]
    if "user" not in roles[:last] or set(roles[last + 1 :]) != {"user"}:
        return
    if thanks_only and not all(is_closing(message.content) for message in after):
        return
    work.done["trailing_user_cut"] += len(after)
    work.messages = work.messages[: last + 1]
