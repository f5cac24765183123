"""Language: which records are in a language the project does not accept. Prompt and reply are looked at apart.

Sets the score `language`: the probability that the reply (of tasks without one: the text) is in one of
`task.languages`; where there is a reply, `language_prompt` is that of what it answers. Reasons: wrong_language. Short
texts are often misread, so they are not checked at all, and only a confident verdict drops.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

import pyarrow as pa
from pydantic import Field

from pipeline.clean.score_histograms import from_scores
from pipeline.clean.step import Context, Ledger, Row, rows_of, with_scores, with_strings
from pipeline.core.settings import Settings, Task
from pipeline.runtime.stage import Drop, Outcome, drop_rows
from pipeline.tasks import prompt_and_replies
from pipeline.text.language import Verdict, accounts_for, detect, has_part_in


class Language(Settings):
    """Section `clean.language`."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "confidence": "min_confidence",
    }

    wrong: Literal["drop", "keep"] = "drop"  # keep: the scores alone are attached
    # `min_confidence`: chosen with benchmarks/language.py.
    min_confidence: float = Field(
        default=0.99, ge=0.5, le=1
    )  # drop only when this confident that the language is wrong
    # `min_letters` is a guess: not measured.
    min_letters: int = Field(default=15, ge=1)  # shorter texts are not checked (Chinese characters count as three)


@dataclass(frozen=True, slots=True)
class _Finding:
    """Of one record: verdicts on the reply (or the text) and on the prompt, and what is wrong, if anything."""

    main: Verdict | None
    prompt: Verdict | None
    drop: Drop | None

    def languages(self) -> list[str]:
        """Found in the reply, then in the prompt."""
        return [verdict[0] for verdict in (self.main, self.prompt) if verdict]

    def scores(self, accepted: Collection[str]) -> dict[str, float]:
        """By name of the score, the probability that the language is an accepted one."""
        verdicts = {"language": self.main, "language_prompt": self.prompt}
        return {name: one[1] if one[0] in accepted else 1 - one[1] for name, one in verdicts.items() if one}


def check_language(table: pa.Table, settings: Language, context: Context) -> Outcome:
    """Score every text long enough; fill `lang` where it is empty; drop confident strangers. Notes: languages found.

    A reply in another language stays where its prompt accounts for it: a translation, a poem in French. So does a
    prompt in another language that has a reply in one of ours.
    """
    outcome = context.by_part(table, partial(_check, settings=settings, task=context.task))
    limits = {"min_confidence": 1 - settings.min_confidence if settings.wrong == "drop" else None}
    return from_scores(outcome, {"language": limits, "language_prompt": limits})


def _check(part: pa.Table, ledger: Ledger, settings: Language, task: Task) -> Outcome:
    accepted = task.languages
    scores: dict[str, dict[int, float]] = {"language": {}, "language_prompt": {}}
    drops: dict[int, Drop] = {}
    langs: list[str] = []
    found = ledger.counts["found"]
    given = part.column("lang").to_pylist()
    for row in rows_of(part, task):
        finding = _finding(row, settings, task)
        languages = finding.languages()
        langs.append(given[row.number] or next((one for one in languages if one in accepted), accepted[0]))
        found[languages[0] if languages else "(too short)"] += 1
        for name, score in finding.scores(accepted).items():
            scores[name][row.number] = score
        if finding.drop and settings.wrong == "drop" and not row.is_held_out:
            drops[row.number] = finding.drop
    for name, values in scores.items():
        part = with_scores(part, name, values) if values else part
    return drop_rows(with_strings(part, "lang", langs), "language", drops)


def _finding(row: Row, settings: Language, task: Task) -> _Finding:
    accepted, least = (*task.languages, *filter(None, [task.target_language])), settings.min_letters
    prompt, replies = prompt_and_replies(row.record, task)
    if not replies:
        verdict = detect(row.text, accepted, least)
        wrong = _wrong(verdict, settings, accepted)
        is_mixed = bool(wrong) and task.type == "chat" and has_part_in(prompt, accepted)
        return _Finding(verdict, None, Drop("wrong_language", wrong) if wrong and not is_mixed else None)
    asked, verdict = detect(prompt, accepted, least), detect("\n".join(replies), accepted, least)
    wrong = _wrong(verdict, settings, accepted)
    if wrong and not accounts_for(prompt, accepted, least):
        return _Finding(verdict, asked, Drop("wrong_language", f"reply: {wrong}"))
    wrong = _wrong(asked, settings, accepted) if verdict is None else ""
    if wrong and not has_part_in(prompt, accepted):
        return _Finding(verdict, asked, Drop("wrong_language", f"prompt: {wrong}"))
    return _Finding(verdict, asked, None)


def _wrong(verdict: Verdict | None, settings: Language, accepted: Collection[str]) -> str:
    """The verdict in words where it is confident and the language not accepted; "" otherwise."""
    if verdict is None or verdict[0] in accepted or verdict[1] < settings.min_confidence:
        return ""
    return f"language {verdict[0]} at {verdict[1]:.4f}"
