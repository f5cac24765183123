"""What the annotator's screen has for rating replies, beside the task type's own controls."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

from pipeline.annotation.reply_ratings import EQUAL, FIRST, PREFERENCE, RATING, REJECTED, SECOND
from pipeline.llm.judges.rubric import Criterion, Rubric, in_language

#: What people read, by language.
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "judged": "The reply to judge",
        "reject": "Reject: nobody should learn this reply",
        "correct": "Rate the reply as it stands above. Then keep it, or make it better below (with the pencil).",
        FIRST: "First reply",
        SECOND: "Second reply",
        "which": "Which reply is better?",
        "better_first": "the first",
        "better_second": "the second",
        "better_equal": "equally good",
        "write": "Write a better reply below only where neither is good enough.",
    },
    "zh": {
        "judged": "待评的回复",
        "reject": "舍弃：这条回复不应被学习",
        "correct": "请按上面显示的回复打分；然后保留原文，或在下面（点击铅笔）改得更好。",
        FIRST: "回复一",
        SECOND: "回复二",
        "which": "哪一条回复更好？",
        "better_first": "第一条",
        "better_second": "第二条",
        "better_equal": "一样好",
        "write": "只有两条都不够好时，才在下面写一条更好的。",
    },
}
#: What annotators read above each task, by what is asked and language.
ASK: Mapping[str, Mapping[str, str]] = {
    "rate": {"en": "Read the conversation and rate the reply.", "zh": "请阅读对话，并为回复打分。"},
    "compare": {"en": "Read the conversation and choose the better reply.", "zh": "请阅读对话，并选出更好的回复。"},
}
#: Label Studio gives a control without a key a digit, which changes it also when somebody types beside the text box.
_NO_KEY = "ctrl+alt+shift+"
_DIALOGUE = '<HyperText name="{0}" value="${0}_html" inline="true"/>'


def rating_controls(rubric: Rubric, language: str) -> str:
    """The reply to judge with its reasoning and calls, and stars for each criterion, with what deserves how many."""
    words = _WORDS[language]
    rated = enumerate(rubric.criteria.items())
    stars = "".join(_stars(n, name, criterion, rubric.scale, language) for n, (name, criterion) in rated)
    shown = _header(words["judged"], 4) + _DIALOGUE.format("judged")
    box = f'<Choice value={quoteattr(words["reject"])} alias="{REJECTED}" hotkey="{_NO_KEY}r"/>'
    reject = f'<Choices name="{REJECTED}" toName="messages" choice="multiple" showInLine="true">{box}</Choices>'
    return shown + stars + reject + _header(words["correct"], 5)


def _stars(number: int, name: str, criterion: Criterion, scale: tuple[int, int], language: str) -> str:
    low, high = scale
    anchors = sorted(criterion.anchors.items())
    ends = "; ".join(f"{grade - low + 1}: {in_language(said, language)}" for grade, said in anchors)
    about = in_language(criterion.about, language) + (f" ({ends})" if ends else "")
    rating = f'<Rating name={quoteattr(RATING + name)} toName="messages" maxRating="{high - low + 1}" required="true"'
    rating += f' hotkey="{_NO_KEY}{number}"/>'
    return _header(f"{name}: {about}", 6) + rating


def comparing_controls(language: str) -> str:
    """Two replies side by side with their reasoning and calls, and the choice between them."""
    words = _WORDS[language]
    replies = "".join(
        f'<View style="flex: 1">{_header(words[name], 4)}{_DIALOGUE.format(name)}</View>' for name in (FIRST, SECOND)
    )
    choices = "".join(
        f'<Choice value={quoteattr(words[f"better_{name}"])} alias="{name}"/>' for name in (FIRST, SECOND, EQUAL)
    )
    return (
        f'<View style="display: flex; gap: 1em">{replies}</View>{_header(words["which"], 4)}'
        f'<Choices name="{PREFERENCE}" toName="messages" choice="single-radio" showInLine="true" required="true">'
        f"{choices}</Choices>{_header(words['write'], 5)}"
    )


def _header(text: str, size: int) -> str:
    return f'<Header value={quoteattr(text)} size="{size}"/>'
