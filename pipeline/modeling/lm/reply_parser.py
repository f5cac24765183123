"""What a model wrote as a message: reasoning, text and calls, taken apart the way its chat template writes them.

Nothing is known of single models: the template writes replies whose parts are known, and what stands around these parts
is the form. White space counts for nothing, since models write more or less of it than templates do. Calls are read
where their arguments are written as JSON, or each key and value in tags, or in one of `call_styles.STYLES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pipeline.core.conversation import Conversation, Message, ToolCall, canonical
from pipeline.core.record import Reject
from pipeline.modeling.lm.call_forms import ID, KEYS, NAMES, VALUES, CallForm, json_form, parameter_form, read_calls
from pipeline.modeling.lm.call_styles import STYLES, CallStyle, Taken, Tools, taken
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.replies import reply

_ASK, _TEXT, _REASON = "wlkq7probe", "wlkq7answer", "wlkq7reason"
_TOOLS = tuple(
    {
        "type": "function",
        "function": {
            "name": name,
            "description": "A tool.",
            "parameters": {"type": "object", "properties": {key: {"type": "string"} for key in KEYS}},
        },
    }
    for name in NAMES
)


@dataclass(frozen=True)
class _Around:
    """What stands before and behind a reply's reasoning."""

    before: str
    behind: str


class ReplyParser:
    """Takes apart what the model of this template writes behind a prompt."""

    def __init__(self, template: ChatTemplate) -> None:
        self.template = template

    def message(self, written: str, tools: Tools = ()) -> Message:
        """The reply, whole. `written` still has its control tokens; what cannot be read stays in the text.

        Arguments that are no JSON stay as they were written. `tools` tell texts from numbers where the template does
        not write arguments as JSON.
        """
        reasoning, text = self._without_reasoning(written)
        found = self._taken(text, tools)
        head = found.head
        if found.calls and not reasoning:
            reasoning, head = self._reasoning_ahead(head)
        parts = [part for part in (head.rstrip(), found.tail.strip()) if part]
        text = "\n".join(parts).lstrip().removeprefix(self._lead)
        return Message("assistant", self._plain(text), self._plain(reasoning), found.calls)

    def _taken(self, text: str, tools: Tools) -> Taken:
        """The calls of a text, and the text without them."""
        if self._style:
            return taken(text, self._style, tools)
        return read_calls(text, self._calls, tools) if self._calls else Taken((), text)

    def _reasoning_ahead(self, head: str) -> tuple[str, str]:
        """Reasoning that ends where the calls begin, as Harmony has it; and the rest."""
        form = self._reasoning_before_calls
        if form is None or form.before not in head or not head.rstrip().endswith(form.behind):
            return "", head
        said = head.rstrip().removesuffix(form.behind)
        rest, _, reasoning = said.partition(form.before)
        return reasoning, rest

    def _without_reasoning(self, text: str) -> tuple[str, str]:
        """Reasoning and the rest; reasoning that is not closed stays in the text."""
        form = self._reasoning
        if form is None or form.behind not in text:
            return "", text
        said, _, rest = text.partition(form.behind)
        return (said.replace(form.before, "", 1), rest) if form.before in said else ("", text)

    def _plain(self, text: str) -> str:
        return self.template.special.sub("", text).strip()

    # ------------------------------------------------------------------ the forms, found by having them written

    @cached_property
    def _lead(self) -> str:
        """What the template writes before a plain text."""
        return self._written(Message("assistant", _TEXT)).partition(_TEXT)[0].strip()

    @cached_property
    def _reasoning(self) -> _Around | None:
        text = self._written(Message("assistant", _TEXT, _REASON))
        before, reason, rest = text.partition(_REASON)
        between, answer, _ = rest.partition(_TEXT)
        return _Around(before.strip(), between.strip()) if reason and answer and between.strip() else None

    @cached_property
    def _calls(self) -> CallForm | None:
        one, two = self._called(1, 1), self._called(2, 1)
        return json_form(one, two) or parameter_form(self._called(1, 2), self._called(2, 2))

    @cached_property
    def _style(self) -> CallStyle | None:
        """The style of `STYLES` in which the template writes calls, if any."""
        probes = _probes(1, 2, "functions.{}:{}")
        text = self._written(Message("assistant", tool_calls=probes))
        return next(
            (style for style in STYLES.values() if _told(taken(text, style, _TOOLS).calls) == _told(probes)), None
        )

    @cached_property
    def _reasoning_before_calls(self) -> _Around | None:
        found = self._taken(self._written(Message("assistant", "", _REASON, _probes(1, 1))), ())
        before, reason, behind = found.head.partition(_REASON)
        return _Around(before.strip(), behind.strip()) if reason and before.strip() else None

    def _called(self, calls: int, keys: int) -> str:
        return self._written(Message("assistant", tool_calls=_probes(calls, keys)))

    def _written(self, message: Message) -> str:
        """The reply as the template writes it, without its end; "" where it cannot."""
        for tools in (_TOOLS, ()) if message.tool_calls else ((),):  # some write calls, and no definitions
            conversation = Conversation((Message("user", _ASK), message), tools)
            try:
                found = reply(self.template.turns(conversation), 1, self.template)
            except Reject:
                continue
            return found.text.removesuffix(found.end)
        return ""


def _probes(calls: int, keys: int, ids: str = f"{ID}{{1}}") -> tuple[ToolCall, ...]:
    """Calls whose parts are known; `ids` is filled with name and number."""
    arguments = canonical(dict(zip(KEYS[:keys], VALUES, strict=False)))
    return tuple(ToolCall(name, arguments, ids.format(name, n)) for n, name in enumerate(NAMES[:calls]))


def _told(calls: tuple[ToolCall, ...]) -> list[tuple[str, str]]:
    return [(call.name, call.arguments) for call in calls]
