"""Web pages as sections: the main text as trafilatura finds it, menus and footers left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.collect.documents.markdown import markdown_sections
from pipeline.collect.documents.section import Document
from pipeline.core.record import Reject

if TYPE_CHECKING:
    from lxml.html import HtmlElement  # type: ignore[import-untyped]

#: trafilatura writes Markdown: these signs of a text are escaped there, and are signs of the text for us.
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]<>()#+.!|~-])")
_STYLE = "translate(@style, ' ', '')"
#: What no reader takes for the page's text. The extractor leaves it out of long pages; of short ones it takes all.
_NO_TEXT = (
    "//nav | //*[@role='navigation'] | //footer[not(ancestor::article)] | //*[@hidden] | "
    f"//*[contains({_STYLE}, 'display:none') or contains({_STYLE}, 'visibility:hidden')]"
)


def read_html(data: bytes) -> Document:
    """Headings, lists and tables stay; what a page hides is no text. Rejects: unreadable_document (no page at all)."""
    import trafilatura

    tree = trafilatura.load_html(data)
    if tree is None:
        raise Reject("unreadable_document", "no HTML that can be read")
    _drop_hidden(tree)
    levels = {_plain(one): int(one.tag[1]) for one in tree.iter("h1", "h2", "h3", "h4", "h5", "h6")}
    title = next((_plain(one) for one in tree.iter("title")), "")
    found = trafilatura.extract(
        tree, output_format="markdown", include_tables=True, include_comments=False, favor_recall=True
    )
    lines = (_as_heading(_ESCAPED.sub(r"\1", line), levels) for line in (found or "").splitlines())
    sections = tuple(markdown_sections("\n".join(lines)))
    first = next((section.headings[0] for section in sections if section.headings), "")
    return Document(first or title, sections)


def _drop_hidden(tree: HtmlElement) -> None:
    for element in tree.xpath(_NO_TEXT):
        element.drop_tree()


def _plain(element: object) -> str:
    return " ".join("".join(element.itertext()).split())  # type: ignore[attr-defined]


def _as_heading(line: str, levels: dict[str, int]) -> str:
    """Of short pages the extractor gives bare lines: those that are headings of the page become headings again."""
    level = levels.get(" ".join(line.split()))
    return f"{'#' * level} {line.strip()}" if level else line
