"""How a text-to-text row is put to a model: an instruction around the text, in the text's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipeline.core.record import Reject, Target
from pipeline.core.settings import Task, parse
from pipeline.modeling.batches import Row
from pipeline.text.scripts import count_han

#: Task type -> language of the text -> what a language model is asked. Other languages are asked in English; a task
#: type without a line is put to the model as its text alone, unless params.yaml says more (`train.instructions`).
INSTRUCTIONS: dict[str, dict[str, str]] = {
    "translation": {
        "en": "Translate this text into {language}:\n\n{text}",
        "zh": "把下面的文字翻译成{language}：\n\n{text}",
    },
    "summarization": {
        "en": "Summarise this text:\n\n{text}",
        "zh": "概括下面的文字：\n\n{text}",
    },
}

#: What a language is called in an instruction of each language; a code without a name stands as it is.
_NAMES = {
    "en": {
        "en": "English", "zh": "Chinese", "de": "German", "es": "Spanish", "fr": "French", "it": "Italian",
        "ja": "Japanese", "ko": "Korean", "pt": "Portuguese", "ru": "Russian", "ar": "Arabic", "hi": "Hindi",
    },
    "zh": {
        "en": "英文", "zh": "中文", "de": "德文", "es": "西班牙文", "fr": "法文", "it": "意大利文",
        "ja": "日文", "ko": "韩文", "pt": "葡萄牙文", "ru": "俄文", "ar": "阿拉伯文", "hi": "印地文",
    },
}  # fmt: skip


def instruction(row: Row, task: Task, own: Mapping[str, str], plain: bool) -> str:
    """The instruction for this row, still with its `{text}`.

    `own` instructions (settings) win. `plain` models get the text alone where there is no own one.
    """
    known = own or ({} if plain else INSTRUCTIONS.get(task.type)) or {"en": "{text}"}
    spoken = _spoken(str(row.get("lang") or _guess(str(row["text"]))), known)
    names = _NAMES["zh" if spoken == "zh" else "en"]
    target = task.target_language or ""
    return known[spoken].replace("{language}", names.get(target, target))


def default_instruction(language: str, task: Task) -> str:
    """How a model that was not trained on the task is asked about a text in this language, with its `{text}`.

    The text alone where the task has no instruction of its own: a chat is asked as it stands.
    """
    return instruction({"lang": language, "text": ""}, task, {}, plain=task.type not in INSTRUCTIONS)


def _spoken(language: str, known: Mapping[str, str]) -> str:
    """The language itself where an instruction is known in it, else English, else any."""
    if language in known:
        return language
    return "en" if "en" in known else min(known)


def filled(template: str, text: str) -> str:
    """The instruction with the text in its place."""
    return text.join(template.split("{text}", 1))


def cut_to_fit(text: str, length: Callable[[str], int], room: int) -> str:
    """`text` without as much of its end as it takes for `length(text) <= room`, within 2 % of the longest that fits.

    Rejects: target_too_long, where not even an empty text leaves room.
    """
    if length(text) <= room:
        return text
    low, high = 0, len(text)  # the first `low` characters fit, `high` do not
    while high - low > max(1, high // 50):
        middle = (low + high) // 2
        low, high = (middle, high) if length(text[:middle]) <= room else (low, middle)
    if low == 0:
        raise Reject("target_too_long", f"instruction and target take more than {room} tokens")
    return text[:low]


def _guess(text: str) -> str:
    return "zh" if 5 * count_han(text) > len(text) else "en"


def settings_for_writing(settings: Mapping[str, Target]) -> tuple[Task, dict[str, str]]:
    """Task and own instructions from the content of an sft.json."""
    return parse(settings["task"], Task, "sft.json: task"), dict(settings.get("instructions") or {})
