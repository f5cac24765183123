"""Conversations as people read them in Label Studio: HTML in which reasoning and calls are folded.

Community Label Studio has no tag for chats; its HyperText shows HTML, takes out scripts, and leaves `<details>` to open
on a click. Texts are Markdown: line breaks are kept, code stands as code, HTML in them is shown as it was written.
Addresses stay visible and nothing is fetched: an image is its source text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from html import escape

from pipeline.core.conversation import Conversation, Message, ToolCall, from_row
from pipeline.core.json_types import JsonObject

#: What stands in a task's data as turns; beside each stands its page, `<name>_html`.
_TURNS = ("messages", "judged", "first", "second")
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {"reasoning": "Reasoning", "calls": "Tool calls", "result": "Result"},
    "zh": {
        "reasoning": "思考过程",
        "calls": "工具调用",
        "result": "工具结果",
        "user": "用户",
        "assistant": "助手",
        "system": "系统",
        "developer": "开发者",
        "tool": "工具",
    },
}


def pages_of(data: JsonObject, language: str) -> dict[str, str]:
    """A page for each list of turns in a chat task's data (`messages_html`, ...); `language` is en or zh."""
    return {f"{name}_html": page(from_row({"messages": data[name]}), language) for name in _TURNS if name in data}


def page(talk: Conversation, language: str) -> str:
    """The turns as HTML, one `<div class="turn">` each."""
    return "".join(_turn(message, language) for message in talk.messages)


def _turn(message: Message, language: str) -> str:
    role = _WORDS[language].get(message.role, message.role)
    who = f"{role} ({message.name})" if message.name else role
    return f'<div class="turn {message.role}"><div class="who">{escape(who)}</div>{parts_of(message, language)}</div>'


def parts_of(message: Message, language: str) -> str:
    """What a turn says: its reasoning folded, its text, its calls folded; a tool's result can be folded away."""
    words = _WORDS[language]
    if message.role == "tool":
        return _folded(words["result"], _data(message.content), is_open=True)
    names = ", ".join(call.name for call in message.tool_calls)
    calls = "".join(f"<p><b>{escape(call.name)}</b></p>{_data(_arguments(call))}" for call in message.tool_calls)
    return "".join(
        (
            _folded(words["reasoning"], _markdown()(message.reasoning)) if message.reasoning else "",
            _markdown()(message.content),
            _folded(f"{words['calls']}: {names}", calls) if calls else "",
        )
    )


def _folded(title: str, inside: str, is_open: bool = False) -> str:
    return f"<details{' open' if is_open else ''}><summary>{escape(title)}</summary>{inside}</details>"


def _arguments(call: ToolCall) -> str:
    return "" if call.arguments == "{}" else call.arguments


def _data(text: str) -> str:
    """A text that is a JSON object or list, indented; any other as it is."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    shown = json.dumps(value, ensure_ascii=False, indent=2) if isinstance(value, dict | list) else text
    return f"<pre>{escape(shown)}</pre>" if shown else ""


@cache
def _markdown() -> Callable[[str], str]:
    import mistune

    class Renderer(mistune.HTMLRenderer):
        """Links and images as their texts with the address: nothing leads elsewhere, nothing is fetched."""

        def link(self, text: str, url: str, title: str | None = None) -> str:
            address = escape(url)
            return text if text == address else f"{text} ({address})"

        def image(self, text: str, url: str, title: str | None = None) -> str:
            return f"![{text}]({escape(url)})"

    made = mistune.create_markdown(renderer=Renderer(escape=True), hard_wrap=True, plugins=["table", "strikethrough"])
    made.block.rules.remove("ref_link")  # a line such as `[1]: https://...` would be a definition, and not shown
    return lambda text: str(made(text))
