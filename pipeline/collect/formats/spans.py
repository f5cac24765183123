"""Format `spans`: texts with marked spans in JSON: a list, JSON Lines, or objects back to back.

The spans stand under `spans`, `entities`, `label`, `labels` or `annotations`, in any of these forms:

    [{"start": 0, "end": 2, "label": "name"}]     also start_offset, end_offset; type, tag, entity_group, labels: [..]
    [[0, 2, "name"]]                              doccano, spaCy
    {"name": {"彭小军": [[0, 2]]}}                 CLUENER: the end is the last character

All become the column `spans` ({start, end, label}, end exclusive). Where a span states its surface, that is
checked: an end that is the last character is told so, and a wrong place is repaired where the surface occurs once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.collect.formats.json_elements import decoded, elements, is_lines, read_text
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import AnyRow, BadRow, Row, excerpt
from pipeline.core.record import Reject

_PLACES = ("spans", "entities", "label", "labels", "annotations")
_NAMES = {
    "start": ("start", "start_offset", "start_char"),
    "end": ("end", "end_offset", "end_char"),
    "label": ("label", "type", "tag", "entity_group", "labels"),
    "surface": ("text", "surface", "word", "entity"),
}


def read(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """One row an object, numbered by the line it starts on.

    Bad rows: not_json, undecodable, truncated_file, not_an_object, missing_text_column, bad_span, offset_out_of_range,
    surface_mismatch.
    """
    column = getattr(options, "fields", {}).get("text", "text")
    for element in elements(read_text(path, options, where), listed=not is_lines(path)):
        if isinstance(element, BadRow):
            yield element
        elif not isinstance(element.value, dict):
            problem = f"expected an object, found {type(element.value).__name__}"
            yield BadRow(element.line, "not_an_object", problem, excerpt(element.value))
        else:
            yield _row(element.line, element.value, options.last_included, column)


def _marked(values: Mapping[str, object]) -> object:
    """What stands under the usual names for spans: the first list that holds marks, else an empty one."""
    found = [decoded(values[name]) for name in _PLACES if values.get(name) is not None]
    full = list(filter(None, found))
    if len(full) > 1 and len(set(map(_said, full))) > 1:
        raise Reject("bad_span", "two lists hold different marks")
    return next(iter(full or found), None)


def _said(marked: Any) -> tuple[tuple[str, str, str], ...]:
    """Where marks stand and what they are, in whichever of the shapes."""
    return tuple(sorted((str(s["start"]), str(s["end"]), str(s["label"])) for s in _unpacked(marked)))


def _row(number: int, values: dict[str, Any], last_included: bool, column: str) -> AnyRow:
    try:
        text = _text_of(values, column)
        marked = _marked(values)
        if marked is None:
            return Row(number, {**values, column: text, "spans": None})
        placed = [_placed(span, text, last_included) for span in _unpacked(marked)]
    except Reject as reject:
        return BadRow(number, reject.reason, reject.detail, excerpt(values))
    repaired = "span_offset" if any(was_wrong for _, was_wrong in placed) else None
    return Row(number, {**values, column: text, "spans": [span for span, _ in placed]}, repaired)


def _text_of(values: dict[str, object], column: str) -> str:
    text = values.get(column)
    if text is None and column == "text":
        text = values.get("data")  # doccano's own name
    if not isinstance(text, str):
        raise Reject("missing_text_column", f"no text under the key '{column}'")
    return text


def _unpacked(marked: object) -> Iterator[dict[str, object]]:
    """Spans as {start, end, label} with `surface` (or None) and `inclusive` (or None where not known)."""
    if isinstance(marked, Mapping):
        yield from _from_cluener(marked)
        return
    if not isinstance(marked, list):
        raise Reject("bad_span", f"spans must be a list or an object, found {type(marked).__name__}")
    yield from map(_unpacked_span, marked)


def _alone(label: object) -> object:
    """The only label of a list of one, as doccano and Label Studio write it."""
    return label[0] if isinstance(label, list) and len(label) == 1 else label


def _unpacked_span(span: object) -> dict[str, object]:
    if isinstance(span, Mapping):
        found = {key: next((span[n] for n in names if n in span), None) for key, names in _NAMES.items()}
        ends = {"start": _number(found["start"]), "end": _number(found["end"])}
        return {**found, **ends, "label": _alone(found["label"])}
    if isinstance(span, list) and len(span) == 3:
        return {"start": _number(span[0]), "end": _number(span[1]), "label": span[2], "surface": None}
    raise Reject("bad_span", f"a span needs start, end and label: {excerpt(span)}")


def _number(value: object) -> object:
    """An offset that is written as a text or as 10.0; anything else as it is."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _from_cluener(marked: Mapping[str, object]) -> Iterator[dict[str, object]]:
    for label, surfaces in marked.items():
        if not isinstance(surfaces, Mapping):
            raise Reject("bad_span", f"under '{label}' stands no object of surfaces")
        for surface, places in surfaces.items():
            for start, end in _ends(surface, places):
                yield {"start": start, "end": end, "label": label, "surface": surface}


def _ends(surface: str, places: Any) -> Iterator[tuple[Any, Any]]:
    """Start and exclusive end of every place; what is no number is left for `_placed` to refuse."""
    for place in places if isinstance(places, list) else [places]:
        if not isinstance(place, list) or len(place) != 2:
            raise Reject("bad_span", f"'{surface}' needs places [start, end]: {excerpt(place)}")
        start, last = place
        yield start, last + 1 if _is_number(last) else last


def _placed(span: Mapping[str, Any], text: str, last_included: bool) -> tuple[dict[str, Any], bool]:
    """The span at its true place, and whether it was elsewhere."""
    start, end, label, surface = (span[key] for key in ("start", "end", "label", "surface"))
    if not (_is_number(start) and _is_number(end) and isinstance(label, str)):
        raise Reject("bad_span", f"a span needs numbers and a label: {excerpt(dict(span))}")
    end += last_included
    if isinstance(surface, str) and surface:
        place = _place_of(surface, start, text)
        told = (start, end) in ((place, place + len(surface)), (place, place + len(surface) - 1))
        return {"start": place, "end": place + len(surface), "label": label}, not told
    if not 0 <= start < end <= len(text):
        raise Reject("offset_out_of_range", f"[{start}, {end}) is outside a text of {len(text)} characters")
    return {"start": start, "end": end, "label": label}, False


def _place_of(surface: str, start: int, text: str) -> int:
    """Where the surface stands: at `start`, or where it occurs once."""
    if start >= 0 and text.startswith(surface, start):
        return start
    if text.count(surface) != 1:
        raise Reject("surface_mismatch", f"'{surface}' is not at {start} and occurs {text.count(surface)} times")
    return text.index(surface)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
