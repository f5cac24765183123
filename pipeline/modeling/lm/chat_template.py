"""A tokenizer's chat template: conversations as the text that the model was made for.

Templates differ in what they want of a message. What a template wants is found by rendering small conversations with
it, once a tokenizer, never from its name: arguments of calls as an object or as JSON text, contents as a text or as a
list of parts, whether it knows a developer turn, how it writes reasoning and where a reply ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from pipeline.core.conversation import Conversation, JsonObject, Message, ToolCall
from pipeline.core.errors import shorten
from pipeline.core.record import Reject
from pipeline.modeling.lm.chat_settings import ChatSettings
from pipeline.modeling.lm.template_messages import Form, Turn, Turns

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_NOW = re.compile(r"""strftime_now\(\s*(["'])(.*?)\1\s*\)""")
_PROBE, _ANSWER, _NEXT = "wlkq7probe", "wlkq7answer", "wlkq7next"
_TOOL = {
    "type": "function",
    "function": {
        "name": "wlkq7tool",
        "description": "A tool.",
        "parameters": {"type": "object", "properties": {"wlkq7key": {"type": "string", "description": "A key."}}},
    },
}
_CALL = ToolCall("wlkq7tool", '{"wlkq7key": "wlkq7value"}', "call00000")


class ChatTemplate:
    """The chat template of `tokenizer`, and what it wants of a conversation."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, settings: ChatSettings | None = None) -> None:
        self.tokenizer = tokenizer
        self.settings = settings or ChatSettings()
        self.source = str(tokenizer.chat_template)
        self._frozen = _frozen_date(self.source, date.fromisoformat(self.settings.date)) + self.source
        self.special = _any_of(tokenizer.all_special_tokens)
        #: What a template writes beside text: tokens of their own in the vocabulary.
        self.control = _any_of([*tokenizer.all_special_tokens, *tokenizer.get_added_vocab()])

    # ------------------------------------------------------------------ rendering

    def turns(self, conversation: Conversation) -> Turns:
        """The conversation in the form that the template wants. Rejects: control_token_in_text, bad_arguments."""
        self._refuse_control_tokens(conversation)
        given = {**self.settings.template_arguments, **dict(conversation.template_arguments)}
        return Turns(
            Form(self.as_text, self.as_parts, self.knows_developer).turns(conversation),
            conversation.messages,
            conversation.tools,
            given,
        )

    def render(self, turns: Turns, ask: bool = False) -> str:
        """The conversation as the template writes it; `ask` opens the assistant's turn.

        Rejects: template_refuses, with the template's own words (`causes.refusal` finds what is behind them).
        """
        try:
            return self._apply(turns.turns, list(turns.tools) or None, turns.arguments, ask)
        except _template_errors() as error:
            raise Reject("template_refuses", shorten(f"{error}", 200)) from None

    def prompt(self, conversation: Conversation) -> str:
        """What asks for a reply to the conversation. Rejects as `turns` and `render` do."""
        return self.render(self.turns(conversation), ask=True)

    def ids(self, text: str) -> list[int]:
        """The tokens of a rendered text."""
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _apply(self, turns: Sequence[Turn], tools: list[JsonObject] | None, arguments: JsonObject, ask: bool) -> str:
        rendered = self.tokenizer.apply_chat_template(
            cast("list[dict[str, str]]", list(turns)),  # transformers knows texts alone as contents
            tools=cast("Any", tools),
            chat_template=self._frozen,
            add_generation_prompt=ask,
            tokenize=False,
            **cast("dict[str, Any]", arguments),  # what the template itself knows
        )
        return str(rendered)

    def _refuse_control_tokens(self, conversation: Conversation) -> None:
        for n, message in enumerate(conversation.messages, 1):
            calls = (part for call in message.tool_calls for part in (call.name, call.arguments))
            for text in (message.content, message.reasoning, *calls):
                found = self.special.search(text)
                if found:
                    raise Reject("control_token_in_text", f"turn {n} holds the control token {found.group()}")

    # ------------------------------------------------------------------ what the template wants, found by trying

    @cached_property
    def as_parts(self) -> bool:
        """Contents are lists of parts: templates of models that see images."""
        conversation = (Message("user", _PROBE), Message("assistant", _ANSWER))
        return _ANSWER not in self._tried(conversation, parts=False) and _ANSWER in self._tried(
            conversation, parts=True
        )

    @cached_property
    def as_text(self) -> bool:
        """Arguments of calls are JSON texts: the template joins strings, or would print an object as Python does."""
        conversation = (Message("user", _PROBE), Message("assistant", tool_calls=(_CALL,)))
        as_object, as_text = (self._tried(conversation, text=text, tools=[_TOOL]) for text in (False, True))
        is_sound = "wlkq7value" in as_object and "{'wlkq7key'" not in as_object
        return not is_sound and "wlkq7value" in as_text

    @cached_property
    def knows_developer(self) -> bool:
        """The template has a developer turn; others get it as a system turn."""
        return "developer" in self.source

    @cached_property
    def inlines_reasoning(self) -> bool:
        """Reasoning is written into the content as <think> text, since the template has no field for it.

        So where the template itself knows the tag, or `reasoning: text` asks for it.
        """
        reply = Message("assistant", _ANSWER, reasoning=_NEXT)
        if _NEXT in self._tried((Message("user", _PROBE), reply)):
            return False
        return "</think>" in self.source or self.settings.reasoning == "text"

    @cached_property
    def closes_reasoning(self) -> str:
        """What stands between a reply's reasoning and its content."""
        found = self._tried((Message("user", _PROBE), Message("assistant", _ANSWER, reasoning=_NEXT)))
        return found.partition(_NEXT)[2].partition(_ANSWER)[0]

    @cached_property
    def end(self) -> str:
        """The control tokens that end every reply; "" where the last one ends otherwise, or not at all."""
        return "".join(_leading(self.control, _common(self._after_reply(False), self._after_reply(True))))

    @cached_property
    def ends_replies(self) -> bool:
        """Whether the template ends the last reply. Where it does not, the next turn's first token stops the model."""
        return bool(self.control.search(self._after_reply(False)))

    def opens_next(self, is_call: bool) -> str:
        """The control token that follows a reply which the template leaves open: the next turn's first one, or ""."""
        return self._opens_results if is_call else self._opens_user

    @cached_property
    def _opens_user(self) -> str:
        return "".join(_leading(self.control, self._after_reply(True))[:1])

    @cached_property
    def _opens_results(self) -> str:
        asked = (Message("user", _PROBE), Message("assistant", tool_calls=(_CALL,)))
        before = self._tried(asked, tools=[_TOOL])
        after = self._tried((*asked, Message("tool", _NEXT, tool_call_id=_CALL.id)), tools=[_TOOL])
        return "".join(_leading(self.control, after.removeprefix(before))[:1]) if after.startswith(before) else ""

    def _after_reply(self, more: bool) -> str:
        conversation = (
            Message("user", _PROBE),
            Message("assistant", _ANSWER),
            *([Message("user", _NEXT)] if more else []),
        )
        return self._tried(conversation).partition(_ANSWER)[2].partition(_NEXT)[0]

    def _tried(
        self,
        messages: Sequence[Message],
        *,
        text: bool | None = None,
        parts: bool | None = None,
        tools: list[JsonObject] | None = None,
    ) -> str:
        """What the template makes of messages in one form (else in its own); "" where it refuses them."""
        form = Form(
            text=(self.as_text if _has_calls(messages) else False) if text is None else text,
            parts=self.as_parts if parts is None else parts,
            developer=True,
        )
        try:
            return self._apply(form.turns(Conversation(tuple(messages))), tools, {}, ask=False)
        except _template_errors():
            return ""


def _has_calls(messages: Sequence[Message]) -> bool:
    return any(message.tool_calls for message in messages)


def _template_errors() -> tuple[type[Exception], ...]:
    """What a template raises for a conversation that it has no form for, on purpose or by tripping over it."""
    from jinja2 import TemplateError

    return TemplateError, TypeError, ValueError, LookupError, AttributeError


def _frozen_date(source: str, day: date) -> str:
    """A macro that takes the place of `strftime_now`, for the formats that the template asks for."""
    formats = {match[2]: day.strftime(match[2]) for match in _NOW.finditer(source)}
    if not formats:
        return ""
    # The line break is one that templates swallow: the first line of `source` is a first line still.
    return f"{{%- macro strftime_now(format) -%}}{{{{- {json.dumps(formats)}[format] -}}}}{{%- endmacro %}}\n"


def _any_of(tokens: Sequence[str]) -> re.Pattern[str]:
    """Matches any of these tokens, the longest first; tokens of white space alone are text."""
    wanted = sorted({token for token in tokens if token.strip()}, key=lambda token: (-len(token), token))
    return re.compile("|".join(map(re.escape, wanted)) or r"(?!)")


def _leading(control: re.Pattern[str], text: str) -> list[str]:
    """The control tokens that a text begins with, white space before the first aside."""
    found: list[str] = []
    place = len(text) - len(text.lstrip())
    while match := control.match(text, place):
        found.append(match.group())
        place = match.end()
    return found


def _common(a: str, b: str) -> str:
    length = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return a[:length]
