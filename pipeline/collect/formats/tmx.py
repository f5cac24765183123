"""Format `tmx`: translation memories. One row a unit, with the sides that `languages` names as `text` and `target`.

Units are parsed one by one, so a broken one costs itself alone. Codes of other tools (`<bpt>`, `<ph>`, ...) inside a
segment are no text and are left out.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

from pipeline.collect.formats.json_elements import read_text
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import AnyRow, BadRow, Row, excerpt, is_escaped
from pipeline.core.errors import PipelineError
from pipeline.core.record import Reject

_UNIT = re.compile(r"<tu(?=[\s>])")
_END = "</tu>"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_CODES = {"bpt", "ept", "it", "ph", "ut"}


def read(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """One row a unit, numbered by the line it starts on; also `unit_id`.

    Bad rows: undecodable, truncated_file, not_xml, missing_language, empty_side.
    """
    if len(options.languages) != 2:
        raise PipelineError(f"{where}: `format: tmx` needs `languages`.", "Such as `languages: [en, zh]`: from, to.")
    text = read_text(path, options, where)
    starts = [match.start() for match in _UNIT.finditer(text)]
    if not starts:
        raise PipelineError(f"{where}: no <tu> in it.", "Is it a TMX file?")
    line, counted = 1, 0
    for start, stop in zip(starts, [*starts[1:], len(text)], strict=True):
        line, counted = line + text.count("\n", counted, start), start
        end = text.find(_END, start, stop)
        raw = text[start : end + len(_END)] if end >= 0 else text[start:stop]
        yield _row(line, raw, end >= 0, options)


def _row(number: int, raw: str, closed: bool, options: FileOptions) -> AnyRow:
    if is_escaped(raw):
        return BadRow(number, "undecodable", f"the unit is not {options.encoding}", excerpt(raw))
    if not closed:
        return BadRow(number, "truncated_file", "the unit is not closed", excerpt(raw))
    try:
        unit = ElementTree.fromstring(raw)
    except ElementTree.ParseError as error:
        return BadRow(number, "not_xml", str(error), excerpt(raw))
    try:
        sides = _sides(unit)
        text, target = (_of_language(sides, language) for language in options.languages)
    except RecursionError:
        return BadRow(number, "not_xml", "elements are nested too deeply", excerpt(raw))
    except Reject as reject:
        return BadRow(number, reject.reason, reject.detail, excerpt(raw))
    return Row(number, {"text": text, "target": target, "unit_id": unit.get("tuid")})


def _sides(unit: ElementTree.Element) -> dict[str, str]:
    """Language code (lower case) -> text of its first variant."""
    sides: dict[str, str] = {}
    for variant in unit.iter("tuv"):
        segment = variant.find("seg")
        code = (variant.get(_LANG) or variant.get("lang") or "").lower().replace("_", "-")
        sides.setdefault(code, "" if segment is None else "".join(_texts(segment)))
    return sides


def _of_language(sides: dict[str, str], language: str) -> str:
    """The side of exactly that code, else of the first variety of it: `zh` finds `zh-CN`."""
    wanted = language.lower().replace("_", "-")
    varieties = (text for code, text in sides.items() if code.startswith(f"{wanted}-"))
    side = sides.get(wanted, next(varieties, None))
    if side is None:
        raise Reject("missing_language", f"no '{language}' among {', '.join(sides) or 'none'}")
    if not side.strip():
        raise Reject("empty_side", f"'{language}' is blank")
    return side


def _texts(element: ElementTree.Element) -> Iterator[str]:
    yield element.text or ""
    for part in element:
        if part.tag not in _CODES:
            yield from _texts(part)
        yield part.tail or ""
