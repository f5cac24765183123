"""What language models are asked, in the text's own language, and what is made of their answers."""

from __future__ import annotations

import re

from pipeline.augment.augmenters.request import Request
from pipeline.core.record import share

#: How an instruction is made harder, one drawn per child (Xu et al. 2023, https://arxiv.org/abs/2304.12244).
HARDER = {
    "en": (
        "Add one more requirement or constraint to it.",
        "Ask for reasons or for the steps in between.",
        "Replace a general notion in it by a more specific one.",
        "Ask about a rarer case of the same topic.",
    ),
    "zh": (
        "增加一个要求或限制条件。",
        "要求说明理由或中间步骤。",
        "把其中的一般概念换成更具体的概念。",
        "改为同一主题下更少见的情形。",
    ),
}

_PROMPTS = {
    "en": {
        "paraphrase": "Say this in other words with the same meaning. Write only the new sentence:\n{text}",
        "new_example": (
            "Examples of the class '{label}':\n{examples}\nWrite one more new example of this class, on one line."
        ),
        "new_instruction": (
            "Here are tasks that people gave to an assistant:\n{examples}\n"
            "Write one more task of another kind, on one line. Write only the task."
        ),
        "new_text": (
            "Here are some texts:\n{examples}\n"
            "Write one more text of the same kind about something else, on one line. Write only the text."
        ),
        "evolve": "Rewrite this task to be a little harder. {how} Write only the new task, on one line:\n{text}",
    },
    "zh": {
        "paraphrase": "请用不同的说法改写下面的话，意思不变，只写改写后的一句：\n{text}",
        "new_example": "下面是类别“{label}”的例子：\n{examples}\n请再写一个同类别的新例子，只写一行。",
        "new_instruction": "下面是人们交给助手的任务：\n{examples}\n请再写一个不同类型的新任务，只写一行任务本身。",
        "new_text": "下面是一些文字：\n{examples}\n请再写一段同类但内容不同的文字，只写一行文字本身。",
        "evolve": "请把下面的任务改写得稍难一些。{how}只写改写后的任务，一行：\n{text}",
    },
}
_PREAMBLE = re.compile(
    r"^(?:sure|certainly|of course|here (?:is|are)|好的|当然|以下是|下面是).*[:：]\s*$", re.IGNORECASE
)


def prompt(request: Request, mode: str) -> str:
    """What the model is asked for `request`. Every text in it belongs to a training record."""
    if mode == "new_instruction" and request.is_material:
        mode = "new_text"
    lang = "zh" if request.lang == "zh" else "en"
    shown = "\n".join(f"- {' '.join(text.split())}" for text in (request.text, *request.examples))
    how = HARDER[lang][int(share("evolve", request.seed) * len(HARDER[lang]))]
    return _PROMPTS[lang][mode].format(text=request.text, label=request.label, examples=shown, how=how)


def tidy(answer: str) -> str:
    """The first line that says something, without list marks, quotes and 'Here is ...:' lines."""
    for line in answer.splitlines():
        text = re.sub(r"^\s*(?:[-*•]|\d+[.)])\s+", "", line).strip().strip("\"“”'").strip()
        if text and not re.search(r"[:：]$", text):
            return text
    return ""


def tidy_lines(answer: str, parent: str) -> str:
    """The whole answer, without a first line that only announces it; `parent` may itself begin with such a line."""
    return answer.strip() if _PREAMBLE.match(parent.strip().partition("\n")[0].strip()) else tidy_reply(answer)


def tidy_reply(answer: str) -> str:
    """The whole reply, without a first line that only announces it."""
    first, _, rest = answer.strip().partition("\n")
    return rest.strip() if rest.strip() and _PREAMBLE.match(first.strip()) else answer.strip()


def echoes(text: str, asked: str) -> bool:
    """Whether the model only said a line of its prompt again."""
    plain = " ".join(text.casefold().split()).strip(" .。:：")
    lines = [" ".join(line.casefold().split()).strip(" -.。:：") for line in asked.splitlines()]
    return bool(plain) and plain in lines


def runs_on(text: str) -> bool:
    """Whether the text repeats itself without end: one phrase of a few words makes up most of it."""
    words = text.split() if len(text.split()) > 8 else list(text)
    for size in range(1, 9):
        if len(words) >= 6 * size and len(words) > 24:
            tail = words[-6 * size :]
            if all(tail[n] == tail[n % size] for n in range(len(tail))):
                return True
    return False
