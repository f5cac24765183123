"""Format `conll`: a token a line with its tag in a column, sentences apart by blank lines.

Tags are IOB1, IOB2, BIOES (also IOBES, BILOU, BMES), or plain labels. One row a sentence: `text` (the tokens joined),
`spans` ({start, end, label}; null where the file has no tag column), `tokens`, `tags`, and `document` (the same for all
sentences between two `-DOCSTART-` lines). A broken line costs its sentence. Tags that contradict each other are
repaired and counted, or quarantined: see `bad_tags`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.collect.formats.text_lines import lines, undecodable
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import AnyRow, BadRow, Row, excerpt
from pipeline.core.errors import PipelineError
from pipeline.core.record import content_id
from pipeline.text.scripts import UNSPACED_LETTER

Lines = list[tuple[int, str]]

_PEEK = 20_000  # a guess: not measured
_SEGMENTED = re.compile(r"[^\s][0-9]")
_TAG = re.compile(r"([BIESLUMW])[-_](.+)", re.DOTALL)
#: Letters of the other schemes in those of BIOES.
_LETTERS = {"L": "E", "M": "I", "U": "S", "W": "S"}


@dataclass(frozen=True)
class Layout:
    """What most lines of the file look like."""

    width: int
    joiner: str
    digits: bool = False  # each token ends in a digit that is no part of it


def read(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """One row a sentence, numbered by its first line; a bad one by the line at fault.

    Bad rows: undecodable, nul_byte, wrong_column_count, empty_token, inconsistent_tags.
    """
    layout = _layout(path, options, where)
    document: str | None = None
    opened = False
    for block in _blocks(path, options, where):
        if block[0][1].startswith("-DOCSTART-"):
            document, opened = None, True
            continue
        if opened:
            # Named by how it begins, so that a document put in before it moves nothing.
            document, opened = content_id("document", *(_cells(line)[0] for _, line in block)), False
        yield _sentence(_without_comments(block, layout), layout, options, document)


def spans_of(tags: Sequence[str]) -> tuple[list[tuple[int, int, str]], int]:
    """Entities as (first token, token after the last, label), and how many tags contradicted the one before.

    A contradicting tag (inside or end of an entity that is not open) begins an entity, as IOB1 has it.
    Tags without a letter (`PER PER O`) make one entity of equal neighbours.
    """
    spans: list[tuple[int, int, str]] = []
    open_label: str | None = None
    contradictions = 0
    for n, tag in enumerate(tags):
        letter, label = _split(tag)
        goes_on = letter in "IE" and label == open_label
        if goes_on:
            spans[-1] = (spans[-1][0], n + 1, label)
        elif label:
            contradictions += letter in "IE" and _TAG.fullmatch(tag) is not None
            spans.append((n, n + 1, label))
        open_label = label if label and letter in "BI" else None
    return spans, contradictions


def _split(tag: str) -> tuple[str, str]:
    if tag == "O":
        return "O", ""
    match = _TAG.fullmatch(tag)
    return (_LETTERS.get(match[1], match[1]), match[2]) if match else ("I", tag)


def _blocks(path: Path, options: FileOptions, where: str) -> Iterator[Lines]:
    """Sentences as numbered lines; a `-DOCSTART-` line is a block of its own."""
    block: Lines = []
    for number, line in lines(path, options, where):
        if line.startswith("-DOCSTART-"):
            yield from filter(None, [block, [(number, line)]])
            block = []
        elif line.strip(" \t\r\n"):
            block.append((number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def _cells(line: str) -> list[str]:
    """Cells by tab, else by spaces. Only plain spaces: a full-width one may be a token."""
    line = line.strip("\r\n").rstrip("\t ")
    return [cell.strip(" ") for cell in line.split("\t")] if "\t" in line else re.split(" +", line.strip(" "))


def _layout(path: Path, options: FileOptions, where: str) -> Layout:
    some = [line for _, line in islice(lines(path, options, where), _PEEK) if line.strip(" \t\r\n")]
    width = _usual_width(some)
    if width > 1 and not -width <= options.tag_column < width:
        problem = f"{where}: tag_column {options.tag_column}, but most lines have {width} columns."
        raise PipelineError(problem, "Columns count from 0; -1 is the last.")
    digits = _has_segment_digits(some)
    if digits and options.segment_digits is None:
        hint = "Set `segment_digits: strip` to take the digits off, or `keep` if they belong to the text."
        raise PipelineError(f"{where}: tokens such as '{_cells(some[0])[0]}': each character carries a digit.", hint)
    joiner = _usual_joiner(some) if options.joiner is None else options.joiner
    return Layout(width, joiner, digits and options.segment_digits == "strip")


def _has_segment_digits(some: Sequence[str]) -> bool:
    """Whether nearly each token is one character and a digit that tells its place in a word (Weibo NER)."""
    tokens = [cells[0] for line in some if len(cells := _cells(line)) > 1]
    return len(tokens) >= 5 and sum(_SEGMENTED.fullmatch(token) is not None for token in tokens) > 0.9 * len(tokens)


def _usual_width(some: Sequence[str]) -> int:
    """The number of columns that most lines have."""
    widths = Counter(len(_cells(line)) for line in some if not line.startswith("-DOCSTART-"))
    return widths.most_common(1)[0][0] if widths else 1


def _usual_joiner(some: Sequence[str]) -> str:
    """Nothing where a fifth of the tokens are Chinese or Japanese: such a text may quote much English."""
    words = [_cells(line)[0] for line in some]
    return "" if sum(bool(UNSPACED_LETTER.search(word)) for word in words) > len(words) / 5 else " "


def _without_comments(block: Lines, layout: Layout) -> Lines:
    """Without `# id ...` lines before the first token; a `#` that is a token has its tag beside it."""
    first = next((n for n, (_, line) in enumerate(block) if not _is_comment(line, layout)), len(block) - 1)
    return block[first:]


def _is_comment(line: str, layout: Layout) -> bool:
    return line.startswith("#") and len(_cells(line)) != layout.width


def _bad_line(number: int, cells: Sequence[str], layout: Layout, block: Lines) -> BadRow | None:
    if len(cells) != layout.width:
        problem = f"{len(cells)} columns where the file has {layout.width}"
        return BadRow(number, "wrong_column_count", problem, _excerpt(block))
    return None if cells[0] else BadRow(number, "empty_token", "a tag without a token", _excerpt(block))


def _sentence(block: Lines, layout: Layout, options: FileOptions, document: str | None) -> AnyRow:
    tokens, tags = [], []
    for number, line in block:
        cells = _cells(line)
        bad = undecodable(number, line, options) or _bad_line(number, cells, layout, block)
        if bad:
            return bad
        has_digit = layout.digits and _SEGMENTED.fullmatch(cells[0])
        tokens.append(cells[0][:-1] if has_digit else cells[0])
        tags.append(cells[options.tag_column] if layout.width > 1 else "")
    values: dict[str, Any] = {"tokens": tokens, "document": document}
    if layout.width == 1:
        return Row(block[0][0], {**values, "text": layout.joiner.join(tokens), "tags": None, "spans": None})
    found, contradictions = spans_of(tags)
    if contradictions and options.bad_tags == "quarantine":
        raw = " ".join(map("{}/{}".format, tokens, tags))
        return BadRow(block[0][0], "inconsistent_tags", f"{contradictions} tags follow from no other", excerpt(raw))
    text, spans = joined_tokens(tokens, found, layout.joiner)
    repaired = "inconsistent_tags" if contradictions and options.bad_tags == "repair" else None
    return Row(block[0][0], {**values, "text": text, "tags": tags, "spans": spans}, repaired)


def _excerpt(block: Lines) -> str:
    return excerpt("".join(line for _, line in block))


def joined_tokens(
    tokens: Sequence[str], spans: Sequence[tuple[int, int, str]], joiner: str
) -> tuple[str, list[dict[str, object]]]:
    """The text, and the spans in its characters."""
    starts, place = [], 0
    for token in tokens:
        starts.append(place)
        place += len(token) + len(joiner)
    ends = [start + len(token) for start, token in zip(starts, tokens, strict=True)]
    return joiner.join(tokens), [{"start": starts[a], "end": ends[b - 1], "label": label} for a, b, label in spans]
