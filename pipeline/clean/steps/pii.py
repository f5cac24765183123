"""Personal data and secrets: kept, masked or a reason to drop the record (pipeline/text/personal_data.py).

`mask` puts a placeholder such as `[EMAIL_1]` for each entity, the same one wherever it recurs in the record, and takes
the entity out of the record's history too. A key, group or `meta` that holds an address becomes a pseudonym.
Reasons: personal_data. Names and addresses need a `recogniser`; what is not looked for is said in the report's notes
(`not_looked_for`) and on the dataset card.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Literal

import pyarrow as pa
from pydantic import field_validator

from pipeline.clean.step import Context, Ledger, edited_votes
from pipeline.core.errors import PipelineError
from pipeline.core.record import Change, Record, Reject, as_json
from pipeline.core.registry import did_you_mean
from pipeline.core.settings import Settings, Task
from pipeline.runtime.columns import DROPPED
from pipeline.runtime.stage import Outcome, per_record
from pipeline.tasks import TaskType, task_type
from pipeline.text.entity_recognisers import Recogniser, recogniser
from pipeline.text.personal_data import Found, find, masked, without_overlap
from pipeline.text.phone_numbers import PLANS
from pipeline.text.pseudonyms import pseudonym

Action = Literal["keep", "mask", "drop"]


class Pii(Settings):
    """Section `clean.pii`: what becomes of each kind of entity. `drop` drops the record."""

    email: Action = "mask"  # `name [at] host [dot] com` too; no remotes (git@host:path)
    card: Action = "mask"  # payment cards: an issuer's range, length and grouping, with a valid Luhn digit
    iban: Action = "mask"  # international bank account numbers with a country's length and valid check digits
    cn_id: Action = "mask"  # 18-character Chinese identity numbers with a valid check character
    us_ssn: Action = "mask"  # US social security numbers, three groups with hyphens
    cn_mobile: Action = "mask"  # 11 digits that begin 13 to 19
    phone: Action = "mask"  # international (+), forms that nothing else has, and what the text calls a phone number
    ip: Action = "keep"  # versions 4 and 6; numbers that the text calls a version are none
    secret: Action = "mask"  # API keys and tokens, in code too
    private_key: Action = "mask"  # PEM and PuTTY blocks, in code too
    password: Action = "mask"  # in addresses: scheme://user:password@host; in code too
    name: Action = "keep"  # of persons; needs a recogniser
    address: Action = "keep"  # places and postal addresses; needs a recogniser
    countries: tuple[str, ...] = ()  # ISO 3166 codes whose national phone numbers count without a word such as `Tel.`
    # finds names and addresses: `spacy:<pipeline>`, `presidio:<language>`, or one for each language
    recogniser: str | Mapping[str, str] | None = None

    @field_validator("countries")
    @classmethod
    def _are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for country in value:
            if country not in PLANS:
                raise ValueError(f"no numbering plan of '{country}'. {did_you_mean(country, PLANS)}")
        return value

    def actions(self) -> dict[str, Action]:
        """Kind of entity -> what becomes of it."""
        values = self.model_dump()
        return {kind: values[kind] for kind in type(self).model_fields if kind not in ("countries", "recogniser")}


def handle_pii(table: pa.Table, settings: Pii, context: Context) -> Outcome:
    """Keep, mask or drop per kind of entity. Notes: how many of each were found, kinds that were not looked for.

    Raises PipelineError where names or addresses are to be masked or dropped and nothing can find them.
    """
    wanted = [kind for kind in _BY_RECOGNISER if settings.actions()[kind] != "keep"]
    if wanted and not settings.recogniser:
        raise PipelineError(
            f"params.yaml: clean.pii.{wanted[0]}: nothing here finds it without a model.",
            "Set clean.pii.recogniser, such as spacy:en_core_web_sm (docs/personal_data.md), or keep it.",
        )
    unread = _unread(settings, context.task.languages)  # a missing one stops the run before any record is touched
    outcome = context.by_part(table, partial(_handle, settings=settings, task=context.task))
    of = [f" ({language})" for language in unread] if settings.recogniser else [""]
    not_looked_for = [f"{kind}{language}" for language in of for kind in _BY_RECOGNISER]
    return replace(outcome, notes={**outcome.notes, "not_looked_for": not_looked_for})


def mask_dropped(dropped: pa.Table, settings: Pii, context: Context) -> pa.Table:
    """Rows that this step and those before it dropped, masked all the same: reports show them, reviewers may keep them.

    Evidence (`detail`) that quotes them is masked as well. An entity for which rows are to be dropped is masked here.
    """
    detail = pa.array([_masked_detail(text, settings) for text in dropped.column("detail").to_pylist()], pa.string())
    rows = dropped.drop_columns(list(DROPPED))
    rows = context.by_part(rows, partial(_mask_all, settings=settings, task=context.task)).kept
    for name, kind in DROPPED.items():
        rows = rows.append_column(name, detail if name == "detail" else dropped.column(name).cast(kind))
    return rows


def _mask_all(part: pa.Table, ledger: Ledger, settings: Pii, task: Task) -> Outcome:
    """Every row stays: one whose target does not survive the masking keeps its inputs alone."""
    actions: dict[str, Action] = {k: "mask" if action == "drop" else action for k, action in settings.actions().items()}
    work = _worker(task_type(task), actions, settings, ledger.counts["entities"])

    def mask(record: Record) -> Record:
        try:
            return work(record)
        except Reject:
            return work(replace(record, target=None))

    return per_record(part, "pii", mask)


def _masked_detail(text: str | None, settings: Pii) -> str | None:
    if text is None:
        return None
    return masked(text, [found for found in _finder(settings)(text) if settings.actions()[found[2]] != "keep"], {})


_BY_RECOGNISER = ("name", "address")


def _handle(part: pa.Table, ledger: Ledger, settings: Pii, task: Task) -> Outcome:
    work = _worker(task_type(task), settings.actions(), settings, ledger.counts["entities"])
    return per_record(part, "pii", work)


def _recognisers(settings: Pii) -> dict[str | None, Recogniser]:
    """Language -> what reads it; None: any. Raises PipelineError for a missing one, or one of another language."""
    if settings.recogniser is None or isinstance(settings.recogniser, str):
        one = recogniser(settings.recogniser) if settings.recogniser else None
        return {one.language: one} if one else {}
    found: dict[str | None, Recogniser] = {language: recogniser(name) for language, name in settings.recogniser.items()}
    for language, one in found.items():
        if one.language not in (None, language):
            raise PipelineError(
                f"params.yaml: clean.pii.recogniser.{language}: it reads '{one.language}'.",
                "Name a recogniser of that language, or leave it out.",
            )
    return found


def _unread(settings: Pii, languages: Sequence[str]) -> list[str]:
    """The project's languages whose names and addresses no recogniser reads."""
    known = _recognisers(settings)
    return [] if None in known else [language for language in languages if language not in known]


def _finder(settings: Pii, language: str = "") -> Callable[[str], Sequence[Found]]:
    """What finds entities in a text of this language; where it is not known, all recognisers look."""
    known = _recognisers(settings)
    wanted = [one.find for of, one in known.items() if not language or of in (None, language)]

    def find_all(text: str) -> Sequence[Found]:
        found: Sequence[Found] = find(text, countries=settings.countries)
        for recognise in wanted:
            found = without_overlap(found, recognise(text))
        return found

    return find_all


def _worker(
    kind: TaskType, actions: Mapping[str, Action], settings: Pii, found: Counter[str]
) -> Callable[[Record], Record]:
    hidden = frozenset(name for name, action in actions.items() if action != "keep")
    finder_of = cache(partial(_finder, settings))

    def work(record: Record) -> Record:
        finder = finder_of(record.lang)
        placeholders: dict[tuple[str, str], str] = {}
        seen: Counter[str] = Counter()

        def edit(text: str) -> str:
            spans = finder(text)
            seen.update(name for *_, name in spans)
            return masked(text, [span for span in spans if actions[span[2]] == "mask"], placeholders)

        fields, target = kind.edit_texts(record.fields, record.target, edit)
        found.update(seen)
        forbidden = sorted(name for name in seen if actions[name] == "drop")
        if forbidden:
            raise Reject("personal_data", ", ".join(forbidden))
        votes = edited_votes(record, kind, edit)
        record = _without_personal_keys(record, hidden)
        if not placeholders:
            return record
        return replace(_redacted(record, placeholders, fields=fields, target=target), votes=votes)

    return work


def _without_personal_keys(record: Record, kinds: Collection[str]) -> Record:
    """The record with pseudonyms for its source's key, its group and meta where they hold an address or the like."""
    group = record.group and pseudonym(record.group, "group", kinds)
    meta = {name: pseudonym(text, name, kinds) for name, text in record.meta.items()}
    source = record.source
    if source.key is not None:
        source = replace(source, key=pseudonym(source.key, "key", kinds))
    if (group, meta, source) == (record.group, record.meta, record.source):
        return record
    return replace(record, group=group, meta=meta, source=source)


def _redacted(record: Record, placeholders: Mapping[tuple[str, str], str], **changes: object) -> Record:
    """The masked record; no entity stays behind in its history.

    Earlier steps may have respelt an entity (full-width digits), so what they found in a masked field goes altogether.
    """
    after = record.derive("pii", **changes)
    current = {change.field: change.before for change in after.history[len(record.history) :]}
    known = sorted(placeholders.items(), key=lambda item: (-len(item[0][1]), item[0]))

    def clean(text: str) -> str:
        for (_, entity), placeholder in known:
            text = text.replace(as_json(entity)[1:-1], placeholder)
        return text

    def hide(change: Change, text: str) -> str:
        return clean(text) if current.get(change.field, text) == text else as_json("[masked]")

    earlier = [
        replace(c, before=as_json("[masked]") if c.field in current else clean(c.before), after=hide(c, c.after))
        for c in record.history
    ]
    masking = [replace(c, before=clean(c.before), after=clean(c.after)) for c in after.history[len(earlier) :]]
    return replace(after, history=(*earlier, *masking))
