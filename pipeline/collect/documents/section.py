"""A document as readers give it: a title, and sections of text, each under its headings and on its page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """Text between two headings or two page ends. `page` counts from 1; 0 where the format has no pages."""

    text: str
    headings: tuple[str, ...] = ()  # from the outermost one
    page: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """`title` is the document's own, "" where it names none. `pages` is 0 where the format has none."""

    title: str
    sections: tuple[Section, ...]
    pages: int = 0


class Outline:
    """The headings above a place of a document, kept up to date from one heading to the next."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []

    def enter(self, level: int, heading: str) -> None:
        """A heading of `level` (1 is the outermost) ends all open ones of its level and below."""
        self._open = [(n, text) for n, text in self._open if n < level]
        self._open.append((level, " ".join(heading.split())))

    @property
    def path(self) -> tuple[str, ...]:
        """The open headings, from the outermost one."""
        return tuple(text for _, text in self._open)
