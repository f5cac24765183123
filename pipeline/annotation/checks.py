"""Whether an answer can be used on its record, and why not: what cannot be is set aside and goes back to the person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from pipeline.annotation.annotations import Annotation, SetAside
from pipeline.annotation.renamed_labels import new_value
from pipeline.annotation.sound_answers import sound
from pipeline.core.record import Record, Reject, Target, as_json, content_id
from pipeline.core.settings import Task
from pipeline.tasks import task_type
from pipeline.tasks.realigned_regions import at_their_places
from pipeline.text.pseudonyms import pseudonym

#: (annotation) -> the value in the task's own form. Raises Reject where it cannot be used.
Check = Callable[[Annotation], Target]


def check_against(records: Mapping[str, Record], task: Task, half_words: bool = False) -> Check:
    """Whether an annotation can be used on its record; and its value in the task's form.

    Labels of `task.renamed` get their name of today, spans lose white space at their borders and repeats. `half_words`
    may be marked, or not. Rejects: unknown_record, empty_annotation, text_changed, surface_mismatch, overlapping_spans,
    half_word, unsound_answer (any other problem of the task type), and what the task type's `parse` rejects.
    """
    kind = task_type(task)

    def check(annotation: Annotation) -> Target:
        record = records.get(annotation.record_id)
        if record is None:
            raise Reject("unknown_record", f"no record '{annotation.record_id}' comes out of `clean`")
        if annotation.value is None or not as_json(annotation.value).strip('" '):
            raise Reject("empty_annotation", "nothing was answered")
        if annotation.text_id not in (None, content_id(kind.main_text(record))) or _shows_another(annotation, record):
            raise Reject("text_changed", f"record '{record.id}' reads differently now; it is queued again")
        value = _at_its_place(new_value(annotation.value, task), str(record.fields.get("text") or ""))
        value = kind.parse(record.fields, value, task)[1]
        return sound(record, value, task, half_words)

    def _shows_another(annotation: Annotation, record: Record) -> bool:
        now = kind.to_label_studio(record) if annotation.shown else {}
        return any(annotation.shown[name] != content_id(as_json(now[name])) for name in now.keys() & annotation.shown)

    return check


def _at_its_place(value: Target, text: str) -> Target:
    """Spans that state their surface (`text`) put where it is."""
    if not isinstance(value, list):
        return value
    return [_placed(part, text) if isinstance(part, Mapping) and "end" in part else part for part in value]


def _placed(span: Mapping[str, Target], text: str) -> Mapping[str, Target]:
    start, end = span.get("start"), span.get("end")
    if not isinstance(start, int) or not isinstance(end, int):
        return span
    value = {"start": start, "end": end, "text": span.get("text")}
    [region] = at_their_places([{"type": "labels", "value": value}], {"text": text})
    return {**span, "start": region["value"]["start"], "end": region["value"]["end"]}


def by_own_key(
    found: Iterable[Annotation | SetAside], records: Mapping[str, Record]
) -> Iterator[Annotation | SetAside]:
    """The annotations, those that name their record by its source's own key with the record's id instead.

    A key that two sources use names nothing. A key that holds an address is found by its pseudonym too.
    """
    given = list(found)
    named = {item.record_id for item in given if isinstance(item, Annotation)}
    ids = _by_key(records, {name for name in named - records.keys() if name is not None})
    for item in given:
        if not isinstance(item, Annotation) or item.record_id not in ids:
            yield item
        else:
            yield replace(item, record_id=ids[item.record_id])


def _by_key(records: Mapping[str, Record], names: Collection[str]) -> dict[str, str]:
    """Name -> the id of the one record that has it, or its pseudonym, for a key."""
    if not names:
        return {}
    pseudonyms = {name: pseudonym(name, "key") for name in names}  # as cleaning left a key that is an address
    wanted = {*pseudonyms, *pseudonyms.values()}
    ids: defaultdict[str | None, list[str]] = defaultdict(list)
    for record in records.values():
        if record.source.key in wanted:
            ids[record.source.key].append(record.id)
    found = {}
    for name, other in pseudonyms.items():
        some = ids[name] if len(ids[name]) == 1 else ids[other]
        if len(some) == 1:
            found[name] = some[0]
    return found
