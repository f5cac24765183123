"""Documents cut into chunks: by headings and pages first, then by tokens where a section is long."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.collect.documents.section import Document, Section
from pipeline.collect.documents.settings import Chunking
from pipeline.llm.usage import estimated_tokens

#: Where Chinese sentences end; semchunk knows white space and Western signs only. The mark is white space to it.
_SENTENCE_END = re.compile(r"(?<=[。！？；])(?![”’」』）。！？；])|(?<=[。！？][”’」』）])")
_MARK = "\u2028"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a document. `number` counts from 1 within it; `page` is where it starts, 0 without pages."""

    document: str
    title: str
    headings: tuple[str, ...]
    page: int
    number: int
    text: str

    @property
    def tokens(self) -> int:
        """About how many tokens the text has."""
        return estimated_tokens(self.text)


def chunks_of(name: str, document: Document, settings: Chunking) -> list[Chunk]:
    """The chunks of a document in its order. Method: semchunk (the largest gaps first), within sections."""
    found: list[Chunk] = []
    for section in joined(document.sections, settings):
        for text in _cut(section.text, settings.tokens):
            title = document.title or name.rpartition("/")[2].rpartition(".")[0]
            found.append(Chunk(name, title, section.headings, section.page, len(found) + 1, text))
    return found


def joined(sections: Sequence[Section], settings: Chunking) -> Iterator[Section]:
    """Sections, short ones with what follows them while both fit; a heading inside stands in the text."""
    held: Section | None = None
    for section in sections:
        if held is None:
            held = section
            continue
        text = f"{held.text}\n\n{_headed(section, held)}"
        if estimated_tokens(held.text) < settings.min_tokens and estimated_tokens(text) <= settings.tokens:
            held = Section(text, held.headings, held.page)
        else:
            yield held
            held = section
    if held is not None:
        yield held


def _headed(section: Section, before: Section) -> str:
    new = [one for one in section.headings if one not in before.headings]
    return "\n".join([*new, section.text])


def _cut(text: str, tokens: int) -> list[str]:
    if estimated_tokens(text) <= tokens:
        return [text]
    from semchunk.semchunk import chunk

    parts = (str(part).replace(_MARK, "").strip() for part in chunk(_SENTENCE_END.sub(_MARK, text), tokens, _count))
    return [part for part in parts if part]


def _count(text: str) -> int:
    return estimated_tokens(text.replace(_MARK, ""))
