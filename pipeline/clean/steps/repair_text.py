"""Repairs text: encoding, HTML entities and tags, control and zero-width characters, Unicode, white space.

Edits every text of a record through the task type, so annotations stay true. Emits no reasons of its own but those of
`TaskType.edit_texts`. Repairing twice changes nothing more. Code, markup and tables stay as they are
(pipeline/text/code_regions.py); in chat, QA and records that talk about code nothing but prose is changed (prose.py).
Where a record of a chat or QA project, or any record that holds code, talks about markup, encodings or single
characters, all its texts keep theirs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import pyarrow as pa

from pipeline.clean.step import Context, Ledger, edited_votes
from pipeline.core.record import Record, Target
from pipeline.core.settings import RegularExpression, Settings, Task
from pipeline.runtime.stage import Outcome, per_record
from pipeline.tasks import task_type
from pipeline.text.code_regions import code_regions, topics
from pipeline.text.repair import Repairer, Repairs


class Replace(Settings):
    """A damage that only this data has: a regular expression and what it becomes."""

    pattern: RegularExpression
    by: str = ""


class RepairText(Settings):
    """Section `clean.repair_text`."""

    encoding: bool = True  # undo mojibake, before all else; full-width punctuation and curly quotes stay
    entities: bool = (
        True  # &amp; &#39; and damaged ones such as ` #39;` or `&amp;#39;`; beside tags that stay, they stay
    )
    tags: bool | None = None  # drop HTML tags by name; null: not in chat and qa, where they may be what is talked about
    full_width: Literal["keep", "letters"] = "keep"  # letters: full-width letters and digits become ASCII
    whitespace: Literal["collapse", "trim"] | None = (
        None  # trim keeps indentation and inner runs; null: trim in chat and qa
    )
    replace: tuple[Replace, ...] = ()  # applied after the encoding, in order


def repair_text(table: pa.Table, settings: RepairText, context: Context) -> Outcome:
    """Repair every text. Notes: how many texts each kind of repair touched, were left alone, were left empty."""
    return context.by_part(table, partial(_repair, settings=settings, task=context.task))


def repairs(settings: RepairText, task: Task | None = None) -> Repairs:
    """What `settings` come to for a task type (for any text, where none is given)."""
    about_code = task is not None and task.type in _ABOUT_CODE
    return Repairs(
        encoding=settings.encoding,
        entities=settings.entities,
        tags=not about_code if settings.tags is None else settings.tags,
        fold_width=settings.full_width == "letters",
        collapse=not about_code if settings.whitespace is None else settings.whitespace == "collapse",
        prose_only=about_code,
        replace=tuple((re.compile(item.pattern), item.by) for item in settings.replace),
    )


def repairer(settings: RepairText, task: Task | None = None) -> Repairer:
    """What repairs one text as `settings` say."""
    return Repairer(repairs(settings, task))


#: Task types whose texts may be about code, markup and characters.
_ABOUT_CODE = ("chat", "qa")


def _repair(part: pa.Table, ledger: Ledger, settings: RepairText, task: Task) -> Outcome:
    work = partial(_repaired, repairer=_RecordRepairer(repairs(settings, task), task, ledger.counts["texts_by_repair"]))
    return per_record(part, "repair_text", work)


def _repaired(record: Record, repairer: _RecordRepairer) -> Record:
    fields, target = repairer.repair(record)
    if fields == record.fields and target == record.target:
        return record
    votes = edited_votes(record, repairer.kind, repairer.as_in(record.fields, fields))
    return replace(record.derive("repair_text", fields=fields, target=target), votes=votes)


class _RecordRepairer:
    """Repairs records of one task; counts texts by repair."""

    def __init__(self, wanted: Repairs, task: Task, counts: Counter[str]) -> None:
        self._task = task
        self.kind = task_type(task)
        self._edit_texts = self.kind.edit_texts
        self._wanted = wanted
        self._counts = counts
        self._by_topics = {frozenset[str](): Repairer(wanted)}

    def repair(self, record: Record) -> tuple[Mapping[str, object], Target]:
        """Fields and target with every text repaired, but for what the record talks about."""
        texts: list[str] = []
        result, used = self._edited(record, frozenset(), texts)
        if any(used) and (about := self._topics(texts)):
            careful, used_there = self._edited(record, about, [])
            spared = (full != careful for full, careful in zip(used, used_there, strict=True))
            used = [names | {"left_alone"} if less else names for names, less in zip(used_there, spared, strict=True)]
            result = careful
        for names in used:
            self._counts.update(names)
        return result

    def as_in(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> Callable[[str], str]:
        """The edit that made the fields `after` of `before`; other texts (of votes) are repaired like any."""
        known = {text: after[name] for name, text in before.items() if isinstance(text, str)}
        plain = self._by_topics[frozenset()]
        return lambda text: known[text] if text in known else plain.explained(text)[0]

    def _edited(
        self, record: Record, about: frozenset[str], texts: list[str]
    ) -> tuple[tuple[Mapping[str, object], Target], list[frozenset[str]]]:
        if about not in self._by_topics:
            self._by_topics[about] = Repairer(_without(self._wanted, about))
        repairer = self._by_topics[about]
        used: list[frozenset[str]] = []

        def edit(text: str) -> str:
            repaired, names = repairer.explained(text)
            texts.append(text)
            used.append(names)
            return repaired

        return self._edit_texts(record.fields, record.target, edit), used

    def _topics(self, texts: Sequence[str]) -> frozenset[str]:
        """What the texts talk about, as far as it counts: outside chat and QA markup does only beside code."""
        about = topics(texts)
        if self._task.type in _ABOUT_CODE:
            return about
        return about | {"code"} if any(code_regions(text) for text in texts) else about & {"code"}


def _without(wanted: Repairs, about: frozenset[str]) -> Repairs:
    if "characters" in about:
        wanted = replace(wanted, encoding=False, characters=False, fold_width=False)
    if "code" in about:
        wanted = replace(wanted, prose_only=True, sentences_only=True)
    return replace(wanted, entities=False, tags=False) if "markup" in about else wanted
