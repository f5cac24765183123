"""Whether an answer rests on its passage, by rules: the quote stands there, and the answer says nothing else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise

from pipeline.collect.documents.numbers import numbers
from pipeline.core.errors import shorten
from pipeline.core.record import Answer, Reject
from pipeline.llm.verifiers.contract import Case
from pipeline.llm.verifiers.shape import Quote, quotes_passage
from pipeline.stats.answer_scores import answer_scores
from pipeline.text.normalise import normalised
from pipeline.text.scripts import CJK, WORD

_LIST_MARK = re.compile(r"^\s*(?:\d+[.)、]|[-*•])\s*", re.MULTILINE)
_NAME = re.compile(r"(?<![.!?:\"“]\s)(?<!^)(?<!\n)\b[A-Z][a-z]{2,}\b")
#: Letters of a word that tell it apart from others; endings do not. A guess: not measured.
_STEM = 5
#: A CJK letter tells as much as so many letters of an alphabet. A guess: not measured.
_CJK_WEIGHT = 3
#: How alike two answers are that say the same (F1 of words, or of Chinese characters). A guess: not measured.
_SAME = 0.6
#: What turns a sentence's sense around.
_NEGATION = re.compile(r"\b(?:not?|never|none|nobody|nothing|without|cannot)\b|n['’]t\b|[不没未无勿]", re.IGNORECASE)
_CJK = re.compile(f"[{CJK}]")


def check_turn(question: str, answer: str, quote: str, passage: str, min_letters: int, max_new: float) -> None:
    """Rejects: empty_turn, quote_too_short, quote_not_in_passage, number_not_in_passage, answer_not_in_passage.

    A quote must stand in the passage word for word (verifier `must_quote`). Numbers and names of the answer must stand
    in passage or question, and of its other words at most the share `max_new` may be new.
    """
    if not question.strip() or not answer.strip():
        raise Reject("empty_turn", shorten(f"{question} / {answer}"))
    if weight(quote) < min_letters:
        raise Reject("quote_too_short", f"'{shorten(quote)}' proves nothing")
    plain = " ".join(re.sub("[«»]", " ", quote).split())
    problem = quotes_passage(Case(f"«{plain}»", passage=passage), Quote(min_chars=1))
    if problem:
        raise Reject("quote_not_in_passage", problem)
    known = f"{passage}\n{question}"
    strange = sorted(numbers(_LIST_MARK.sub("", answer)) - numbers(known))
    if strange:
        raise Reject("number_not_in_passage", f"{strange[0]}: {shorten(answer)}")
    new = list(_new_words(answer, known))
    if len(new) > max_new * len(_stems(answer)) or not set(new).isdisjoint(_names(answer)):
        raise Reject("answer_not_in_passage", f"new: {', '.join(new[:5])}: {shorten(answer)}")


def check_quote(said: str, answer: str, quote: str) -> None:
    """Rejects: number_not_in_quote, answer_not_in_quote: the quote stands in the passage, but shows something else.

    `said` is what has been asked so far. Numbers of the answer must stand in quote or `said`; of its other words,
    where there are several, at least one must stand in the quote. Not for summaries, which rest on a whole passage.
    """
    strange = sorted(numbers(_LIST_MARK.sub("", answer)) - numbers(f"{quote}\n{said}"))
    if strange:
        raise Reject("number_not_in_quote", f"{strange[0]}: '{shorten(quote)}'")
    words = _stems(answer)
    if len(words) > 1 and set(words).isdisjoint(_stems(quote)):
        raise Reject("answer_not_in_quote", f"no word of '{shorten(answer)}' in '{shorten(quote)}'")


def says_the_same(reply: str, answer: str, lang: str) -> bool:
    """Whether a reply gives the answer, in other words too: all its numbers, and as many `not` as it has, none or some.

    The answer stands in the reply; or without other numbers all its words do, or the two are alike.
    """
    wanted, given = numbers(answer), numbers(reply)
    if not wanted <= given or bool(_NEGATION.search(answer)) != bool(_NEGATION.search(reply)):
        return False
    if _stands_in(answer, reply, lang):
        return True
    return wanted == given and (_says_all_words(answer, reply) or _is_alike(answer, reply, lang))


def _stands_in(answer: str, reply: str, lang: str) -> bool:
    edge = "" if lang == "zh" else " "  # whole words where words are parted by spaces
    return f"{edge}{normalised(answer)}{edge}" in f" {normalised(reply)} "


def _says_all_words(answer: str, reply: str) -> bool:
    words = set(_stems(answer))
    return bool(words or numbers(answer)) and words <= set(_stems(reply))


def _is_alike(answer: str, reply: str, lang: str) -> bool:
    return answer_scores([Answer(start=0, text=reply)], [Answer(start=0, text=answer)], lang)[1] >= _SAME


def weight(text: str) -> int:
    """Letters and digits, each Chinese, Japanese or Korean one as three."""
    letters = "".join(filter(str.isalnum, text))
    return len(letters) + (_CJK_WEIGHT - 1) * len(_CJK.findall(letters))


def _stems(text: str) -> list[str]:
    """Its words of four letters and more, cut to their stems, and the pairs of its CJK letters."""
    words = [word for word in WORD.findall(unicodedata.normalize("NFKC", text).casefold()) if not word.isdigit()]
    pairs = [a + b for a, b in pairwise(words) if _CJK.match(a) and _CJK.match(b)]
    return [word[:_STEM] for word in words if len(word) > 3] + pairs


def _new_words(answer: str, known: str) -> Iterable[str]:
    have = set(_stems(known))
    return (word for word in _stems(answer) if word not in have)


def _names(text: str) -> Sequence[str]:
    """Words with a capital inside a sentence, as stems."""
    return [name.casefold()[:_STEM] for name in _NAME.findall(text) if len(name) > 3]
