"""Language: which records are in a language the project does not accept.

Sets the score `language`: the probability that the text is in one of `task.languages`.
Reasons: wrong_language. Short texts are often misread, so they are not checked at all,
and by default only a confident verdict drops.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import cache, partial
from typing import Any, ClassVar, Literal

import pyarrow as pa
from pydantic import Field

from pipeline.clean.step import Context, Ledger, rows_of, with_scores, with_strings
from pipeline.core.settings import Settings, Task
from pipeline.runtime.stage import Drop, Outcome, drop_rows
from pipeline.text.scripts import KANA_LETTER, count_han


class Language(Settings):
    """Section `clean.language`."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "confidence": "min_confidence",
    }

    wrong: Literal["drop", "keep"] = "drop"  # keep: the score alone is attached
    min_confidence: float = Field(
        default=0.999, ge=0.5, le=1
    )  # drop only when this confident that the language is wrong
    min_letters: int = Field(default=40, ge=1)  # shorter texts are not checked (Chinese characters count as three)


def check_language(table: pa.Table, settings: Language, context: Context) -> Outcome:
    """Score every text long enough; fill `lang` where it is empty; drop confident strangers. Notes: languages found."""
    return context.by_part(table, partial(_check, settings=settings, task=context.task))


def _check(part: pa.Table, ledger: Ledger, settings: Language, task: Task) -> Outcome:
    accepted = task.languages
    scores: dict[int, float] = {}
    drops: dict[int, Drop] = {}
    langs: list[str] = []
    found = ledger.counts["found"]
    given = part.column("lang").to_pylist()
    for row in rows_of(part, task):
        verdict = detect(row.text, accepted, settings.min_letters)
        langs.append(given[row.number] or (verdict[0] if verdict and verdict[0] in accepted else accepted[0]))
        if verdict is None:
            found["(too short)"] += 1
            continue
        language, sure = verdict
        found[language] += 1
        scores[row.number] = sure if language in accepted else 1 - sure
        is_stranger = language not in accepted and sure >= settings.min_confidence
        if is_stranger and settings.wrong == "drop" and not row.is_held_out:
            drops[row.number] = Drop("wrong_language", f"{language} at {sure:.4f}")
    part = with_strings(with_scores(part, "language", scores), "lang", langs)
    return drop_rows(part, "language", drops)


def detect(text: str, accepted: Collection[str], min_letters: int = 1) -> tuple[str, float] | None:
    """The language of a text and the probability of the verdict; None when the text is too short to tell.

    For an accepted language the probability is that of any accepted one. Addresses, handles and
    tags are not language and are left out.
    """
    text = _NOT_LANGUAGE.sub(" ", text[:_MOST])
    han, kana = count_han(text), len(KANA_LETTER.findall(text))
    letters = sum(map(str.isalpha, text)) + 2 * han
    if letters < min_letters:
        return None
    if han and 3 * (han + kana) > letters / 2:
        return ("ja", 1.0) if kana > han / 5 else ("zh", 1.0)
    ranked = _identifier()(text.replace("\n", " "))
    inside = sum(p for language, p in ranked if language in accepted)
    best = ranked[0][0]
    if best in accepted:
        return best, min(inside, 1.0)
    return best, min(1 - inside, 1.0)


_MOST = 20_000  # characters that are looked at
# At most so long before the @: else a long word without one takes time by the square of its length.
_NOT_LANGUAGE = re.compile(r"https?://\S+|[@#]\w+|[^\s@]{1,64}@\S+")


@cache
def _identifier() -> Callable[[str], Any]:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

    def rank(text: str) -> list[tuple[str, float]]:
        return [(str(language), float(p)) for language, p in identifier.rank(text)]

    return rank
