"""A rubric as data: what an answer is graded on, on which scale, with words for its ends. English and Chinese."""

from __future__ import annotations

import re

from pydantic import Field, model_validator

from pipeline.core.conversation import Conversation, Message
from pipeline.core.settings import Settings

#: Headings of what a judge reads; a text may not write them, or a reply could add a turn or a second reply to itself.
_HEADING = re.compile(
    r"^(?=[ \t]*#{1,2}[ \t]*(?:system|developer|user|assistant|tool|conversation|reply[ \t]*[12])[ \t]*$)",
    re.MULTILINE | re.IGNORECASE,
)


class Criterion(Settings):
    """One thing that an answer is graded on; texts by language."""

    about: dict[str, str]  # language -> what is graded, in a sentence
    anchors: dict[int, dict[str, str]] = Field(default={})  # grade -> language -> what deserves it


class Rubric(Settings):
    """All criteria and their common scale."""

    scale: tuple[int, int] = (1, 5)  # a guess: not measured
    criteria: dict[str, Criterion] = Field(
        default={
            "correct": Criterion(
                about={
                    "en": "Is what the answer says true, and does it follow from the conversation?",
                    "zh": "回答的内容是否属实，是否与对话内容一致？",
                },
                anchors={
                    1: {"en": "wrong in its main point", "zh": "主要内容错误"},
                    5: {"en": "wholly right", "zh": "完全正确"},
                },
            ),
            "helpful": Criterion(
                about={
                    "en": "Does the answer do what the user asked for, completely and no more?",
                    "zh": "回答是否完整满足了用户的要求，且没有多余内容？",
                },
                anchors={
                    1: {"en": "does not help at all", "zh": "毫无帮助"},
                    5: {"en": "could not be more useful", "zh": "非常有用"},
                },
            ),
        }
    )

    @model_validator(mode="after")
    def _is_sound(self) -> Rubric:
        low, high = self.scale
        if low >= high:
            raise ValueError(f"scale: {low} is not below {high}")
        if not self.criteria:
            raise ValueError("criteria is empty; name at least one")
        for name, criterion in self.criteria.items():
            if not criterion.about:
                raise ValueError(f"criteria.{name}.about is empty")
            outside = [grade for grade in criterion.anchors if not low <= grade <= high]
            if outside:
                raise ValueError(f"criteria.{name}.anchors: {outside[0]} is outside the scale {low} to {high}")
        return self

    def text(self, lang: str) -> str:
        """The criteria with their anchors, one a paragraph; in English where the rubric lacks the language."""
        paragraphs = []
        for name, criterion in self.criteria.items():
            lines = [f"{name}: {in_language(criterion.about, lang)}"]
            lines += [f"  {grade}: {in_language(said, lang)}" for grade, said in sorted(criterion.anchors.items())]
            paragraphs.append("\n".join(lines))
        return "\n".join(paragraphs)

    def grade_schema(self) -> dict[str, object]:
        """The JSON schema of a judge's grades: reasons first, then one whole number a criterion."""
        low, high = self.scale
        grades = {name: {"type": "integer", "minimum": low, "maximum": high} for name in self.criteria}
        return {
            "type": "object",
            "properties": {"reason": {"type": "string"}, **grades},
            "required": ["reason", *grades],
            "additionalProperties": False,
        }


def in_language(texts: dict[str, str], lang: str) -> str:
    """The text in this language, else in English, else the first there is."""
    return texts.get(lang) or texts.get("en") or next(iter(texts.values()))


def transcript(conversation: Conversation) -> str:
    """The whole conversation for a judge to read: every turn under its role, with reasoning, calls and results."""
    return "\n\n".join(_turn(message) for message in conversation.messages)


def reply_text(message: Message) -> str:
    """A reply for a judge to read: text and calls. Reasoning is no part of what the user gets."""
    return _without_headings(_said(message))


def _said(message: Message) -> str:
    calls = [f"[calls {call.name} with {call.arguments}]" for call in message.tool_calls]
    return "\n".join([*([message.content] if message.content else []), *calls])


def _turn(message: Message) -> str:
    reasoning = f"[thinks] {message.reasoning}\n" if message.reasoning else ""
    return f"## {message.role}\n{_without_headings(f'{reasoning}{_said(message)}')}"


def _without_headings(text: str) -> str:
    return _HEADING.sub(r"\\", text)
