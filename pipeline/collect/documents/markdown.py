"""Markdown and plain text as sections: headings outside of code fences, form feeds as page ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.collect.documents.section import Document, Outline, Section

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_UNDERLINE = re.compile(r" {0,3}(=+|-{3,})[ \t]*$")
_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_TITLE = re.compile(r"^title:[ \t]*[\"']?(.+?)[\"']?[ \t]*$", re.MULTILINE)


def read_markdown(text: str) -> Document:
    """The title is that of the front matter, which is no text, else the first heading of level 1."""
    front = _FRONT.match(text)
    named = _TITLE.search(front[1]) if front else None
    sections = tuple(markdown_sections(text[front.end() :] if front else text))
    first = next((section.headings[0] for section in sections if section.headings), "")
    return Document(named[1] if named else first, sections)


def read_text(text: str) -> Document:
    """Plain text: no headings; a form feed ends a page."""
    pages = text.split("\f")
    count = len(pages) if len(pages) > 1 else 0
    sections = [Section(part.strip(), page=n if count else 0) for n, part in enumerate(pages, 1) if part.strip()]
    return Document("", tuple(sections), count)


def markdown_sections(text: str) -> Iterator[Section]:
    """The text between headings, those without text left out; `# in a fence` is code."""
    outline, lines, fence = Outline(), list[str](), ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if mark and fence in ("", mark[1]):
            fence = "" if fence else mark[1]
        heading = None if fence or mark else _heading(line, lines)
        if heading is None:
            lines.append(line)
            continue
        yield from _section(lines, outline)
        lines = []
        outline.enter(*heading)
    yield from _section(lines, outline)


def _section(lines: list[str], outline: Outline) -> Iterator[Section]:
    text = "\n".join(lines).strip()
    if text:
        yield Section(text, outline.path)


def _heading(line: str, before: list[str]) -> tuple[int, str] | None:
    """Level and text of a heading: `## so`, or the line before where this one underlines it (it is taken out)."""
    found = _HEADING.match(line)
    if found:
        return (len(found[1]), found[2]) if found[2] else None
    under = _UNDERLINE.match(line)
    last_but_one, last = ["", "", *before][-2:]
    if under and last.strip() and not last_but_one.strip():
        return (1 if under[1][0] == "=" else 2), before.pop().strip()
    return None
