"""Named entities: one text, typed spans `[start, end)` in code points. No spans means none are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from itertools import pairwise
from xml.sax.saxutils import quoteattr

from pipeline.core.json_types import JsonObject
from pipeline.core.record import Fields, Record, Reject, Row, Span, Target, as_json
from pipeline.core.settings import Task
from pipeline.tasks.no_free_answer import with_answer as with_answer
from pipeline.tasks.offsets import letters, remap_spans
from pipeline.tasks.region import Region
from pipeline.tasks.texts import granularity, text_of

FIELDS: Mapping[str, str] = {"text": "text"}

OPTIONAL: tuple[str, ...] = ()

HUB_CATEGORY = "token-classification"

#: See `TaskType.OVER_LONG`.
OVER_LONG = "windows"

#: What annotators read above each task, by language.
ASK: Mapping[str, str] = {
    "en": "Mark every name of the types below, and nothing else. Marks that are there are suggestions: correct them.",
    "zh": "请标出文本中属于下列类型的所有实体，不要多标。已有的标注只是建议，如有错误请改正。",
}


def target_kind(task: Task) -> str:
    """Spans: {start, end, label}."""
    return "spans"


def parse(values: Mapping[str, object], target: object, task: Task) -> tuple[Fields, Target]:
    """Text and spans, sorted. Rejects: those of `text_of`, bad_span, offset_out_of_range, unknown_label."""
    text = text_of(values, "text")
    if target is None:
        return {"text": text}, None
    if not isinstance(target, list):
        raise Reject("bad_span", "spans must be a list of {start, end, label}")
    spans = [_span(span, text, task) for span in target]
    return {"text": text}, _sorted(spans)


def _misplaced(span: Span, text: str) -> list[str]:
    surface = text[span["start"] : span["end"]]
    if not 0 <= span["start"] < span["end"] <= len(text):
        return [f"span [{span['start']}, {span['end']}) is outside the text"]
    return [] if surface == surface.strip() else [f"span '{surface}' begins or ends with white space"]


def problems(record: Record, task: Task) -> list[str]:
    """Empty text, spans outside it, empty, overlapping or padded spans, labels outside the declared set."""
    text = record.fields["text"]
    spans = record.target or []
    found = [] if text.strip() else ["text is empty"]
    for span in spans:
        found += _misplaced(span, text)
        if span["label"] not in task.labels:
            found.append(f"label '{span['label']}' is not declared")
    if any(b["start"] < a["end"] for a, b in pairwise(_sorted(spans))):
        found.append("two spans overlap")
    return found


def repair(fields: Fields, target: Target) -> tuple[Fields, Target]:
    """Spans without surrounding white space and without repeats."""
    if not target:
        return dict(fields), target
    trimmed = [_trim(span, fields["text"]) for span in target]
    distinct = {(s["start"], s["end"], s["label"]): s for s in trimmed if s["start"] < s["end"]}
    return dict(fields), _sorted(list(distinct.values()))


def main_text(record: Record) -> str:
    """The text."""
    return str(record.fields["text"])


def compared_texts(record: Record) -> Sequence[str]:
    """The text."""
    return (record.fields["text"],)


def unit(record: Record) -> str:
    """The text."""
    return str(record.fields["text"])


def says(record: Record) -> str:
    """Labels and letters of the spans, in order: the same entities in a text that is spaced otherwise."""
    if record.target is None:
        return as_json(None)
    text = record.fields["text"]
    return as_json([[span["label"], letters(text[span["start"] : span["end"]])] for span in _sorted(record.target)])


def agree(targets: Sequence[Target], task: Task) -> list[Target] | None:
    """Different spans in one text contradict each other."""
    return None


def edit_texts(fields: Fields, target: Target, edit: Callable[[str], str]) -> tuple[Fields, Target]:
    """The text edited, spans moved with it. Rejects: span_lost."""
    text = edit(fields["text"])
    return {"text": text}, None if target is None else remap_spans(fields["text"], text, target)


def answer_places(record: Record) -> list[tuple[int, int, int]]:
    """The spans."""
    return [(0, span["start"], span["end"]) for span in record.target or []]


def stratum(record: Record) -> str | None:
    """Spans are no class of the record."""
    return None


def row(record: Record) -> Row:
    """Columns `text` and `spans`."""
    return {"text": record.fields["text"], "spans": record.target}


def augmentable(record: Record) -> str:
    """The text."""
    return str(record.fields["text"])


def protected(record: Record) -> Sequence[str]:
    """The surface of every span."""
    return [record.fields["text"][span["start"] : span["end"]] for span in record.target or []]


def with_augmentable(record: Record, text: str) -> tuple[Fields, Target]:
    """The same entities found again, in order, in another text. Rejects: entity_lost."""
    spans = []
    end = 0
    for span in _sorted(record.target or []):
        surface = record.fields["text"][span["start"] : span["end"]]
        start = text.find(surface, end)
        if start < 0:
            raise Reject("entity_lost", f"'{surface}' is not in the new text")
        end = start + len(surface)
        spans.append({**span, "start": start, "end": end})
    if any(text.count(surface) != record.fields["text"].count(surface) for surface in set(protected(record))):
        raise Reject("entity_lost", "an entity occurs more or less often than before")
    return {"text": text}, None if record.target is None else spans


def labeling_config(task: Task) -> str:
    """A Text with Labels, one per declared type; marks cover whole words where all languages have spaces."""
    options = "".join(f"<Label value={quoteattr(label)}/>" for label in task.labels)
    text = f'<Text name="text" value="$text" granularity="{granularity(task)}"/>'
    return f'<View><Labels name="label" toName="text">{options}</Labels>{text}</View>'


def to_label_studio(record: Record) -> JsonObject:
    """`{"text": ...}`."""
    return {"text": record.fields["text"]}


def result_from_target(target: Target) -> list[Region]:
    """One `labels` region a span."""
    return [
        {
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {"start": span["start"], "end": span["end"], "labels": [span["label"]]},
        }
        for span in target
    ]


def target_from_result(result: Sequence[Region], task: Task) -> Target:
    """The marked spans; none means the annotator saw none. Rejects: bad_span, unknown_label."""
    regions = [part["value"] for part in result if part.get("type") == "labels"]
    spans = [{"start": v["start"], "end": v["end"], "label": label} for v in regions for label in v["labels"]]
    return _sorted([_span(span, None, task) for span in spans])


def _span(span: Target, text: str | None, task: Task) -> Span:
    try:
        start, end, label = int(span["start"]), int(span["end"]), str(span["label"])
    except (TypeError, KeyError, ValueError):
        raise Reject("bad_span", f"a span needs start, end and label: {span}") from None
    if not 0 <= start < end or (text is not None and end > len(text)):
        raise Reject("offset_out_of_range", f"[{start}, {end}) is outside the text")
    if label not in task.labels:
        raise Reject("unknown_label", f"'{label}' is not among task.labels: {', '.join(task.labels)}")
    return {"start": start, "end": end, "label": label}


def _trim(span: Span, text: str) -> Span:
    surface = text[span["start"] : span["end"]]
    start = span["start"] + len(surface) - len(surface.lstrip())
    return {**span, "start": start, "end": start + len(surface.strip())}


def _sorted(spans: Sequence[Span]) -> list[Span]:
    return sorted((copy(span) for span in spans), key=lambda span: (span["start"], span["end"], span["label"]))
