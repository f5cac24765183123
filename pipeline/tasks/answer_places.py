"""Where an answer stands in its context, also where the two are spelt a little differently."""

from __future__ import annotations

import re
import unicodedata

from pipeline.core.record import Answer, Reject
from pipeline.text.scripts import is_inside_word

#: Punctuation that NFKC does not make one; also what Chinese texts write instead of the Western signs.
_SIGNS = str.maketrans(
    {"。": ".", "、": ",", "“": '"', "”": '"', "‘": "'", "’": "'", "《": "<", "》": ">", "–": "-", "—": "-"}
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def placed(answer: Answer, context: str) -> Answer:
    """The answer at its place, as the context spells it.

    A wrong offset is repaired where the answer occurs exactly once; so is one that differs from the context in white
    space, width of letters and signs, punctuation, or (from four letters on) upper and lower case.
    Rejects: answer_not_in_context, answer_is_ambiguous.
    """
    start, text = answer["start"], answer["text"].strip()
    padding = len(answer["text"]) - len(answer["text"].lstrip())
    if start >= 0 and text and context[start + padding : start + padding + len(text)] == text:
        return {"start": start + padding, "text": text}
    occurrences = context.count(text) if text else 0
    if occurrences == 1:
        return {"start": context.index(text), "text": text}
    if not occurrences and text:
        for how in _LOOSER:
            found = _alike(text, context, *how)
            if len(found) == 1:
                return found[0]
            occurrences = occurrences or len(found)
    reason = "answer_is_ambiguous" if occurrences else "answer_not_in_context"
    raise Reject(reason, f"'{text}' is not at offset {start} and occurs {occurrences} times")


#: Whether punctuation, and whether case, is left out of the comparison; tried in this order.
_LOOSER = ((False, False), (True, False), (False, True), (True, True))
_FEW_LETTERS = 4  # `US` is not `us`; a guess: not measured


def _alike(text: str, context: str, words_only: bool, any_case: bool) -> list[Answer]:
    """The places in the context that read like the answer, compared without white space, and what else is left out."""
    wanted, _ = _plain(text, words_only, any_case)
    if any_case and len(wanted) < _FEW_LETTERS:
        return []
    plain, at = _plain(context, words_only, any_case)
    found: list[Answer] = []
    place = plain.find(wanted) if wanted else -1
    while place >= 0:
        start, end = at[place], at[place + len(wanted) - 1] + 1
        if not _cut(context, start, end) and _numbers(context[start:end]) == _numbers(text):
            found.append({"start": start, "text": context[start:end]})
        place = plain.find(wanted, place + 1)
    return found


def _plain(text: str, words_only: bool, any_case: bool) -> tuple[str, list[int]]:
    """The text in one width, without white space (punctuation, case); and where each letter of it came from."""
    letters, at = [], []
    for n, letter in enumerate(text):
        plain = unicodedata.normalize("NFKC", letter).translate(_SIGNS)
        for one in plain.casefold() if any_case else plain:
            if one.isalnum() if words_only else not one.isspace():
                letters.append(one)
                at.append(n)
    return "".join(letters), at


def _cut(context: str, start: int, end: int) -> bool:
    return is_inside_word(context, start) or is_inside_word(context, end)


def _numbers(text: str) -> list[str]:
    return _NUMBER.findall(unicodedata.normalize("NFKC", text))
