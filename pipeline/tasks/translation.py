"""Translation: a text and its translation into `task.target_language`."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.tasks.text_to_text import TextToText
from pipeline.text.scripts import count_han

#: A pair is suspect when one side is this many times as long as the other. A Chinese
#: character counts as three letters: about the English letters it takes to say the same. A guess: not measured.
MAX_LENGTH_RATIO = 4.0


class Translation(TextToText):
    """What the task type `translation` says beside the defaults of `TextToText`."""

    HUB_CATEGORY = "translation"
    ASK: Mapping[str, str] = {
        "en": "Write the translation. A text filled in is a suggestion: correct it.",
        "zh": "请写出译文。已填的内容只是建议，请加以修改。",
    }

    def problems(self, record: Record, task: Task) -> list[str]:
        """An empty side, an untranslated copy, a length ratio over 4, a target in the wrong script."""
        found = super().problems(record, task)
        if found or record.target is None:
            return found
        text, target = record.fields["text"], record.target
        if _letters(text) == _letters(target) and any(letter.isalpha() for letter in text):
            found.append("the target is a copy of the text")
        long, short = sorted((_length(text), _length(target)), reverse=True)
        if long > MAX_LENGTH_RATIO * max(short, 5):
            found.append(f"the sides differ in length by {long / max(short, 1):.1f} times")
        if _wrong_script(target, task.target_language):
            found.append(f"the target is not written in {task.target_language}")
        return found


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _length(text: str) -> int:
    return len(text) + 2 * count_han(text)


def _wrong_script(text: str, language: str | None) -> bool:
    letters = sum(letter.isalpha() for letter in text)
    if letters < 4 or language is None:
        return False
    share = count_han(text) / letters
    return share < 0.2 if language == "zh" else share > 0.5 and language not in ("ja", "yue")
