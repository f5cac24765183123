"""PDF files."""

from __future__ import annotations

from tests.collect.documents.making import pdf
from tests.collect.documents.reading import read, shown


def test_a_pdf_keeps_pages_and_bookmarked_headings_and_joins_lines(tmp_path):
    lines = [
        ["Harbour guide", "The harbour has two", "piers.", "Boats", "Boats leave at nine."],
        ["码头有两", "个出口。"],
    ]
    found = read(tmp_path, "a.pdf", pdf(lines, "Guide", [(1, "Boats"), (2, "出口")]))
    assert (found.title, found.pages) == ("Guide", 2)
    assert shown(found) == [
        ((), 1, "Harbour guide The harbour has two piers."),
        (("Boats",), 1, "Boats leave at nine."),
        (("Boats",), 2, "码头有两个出口。"),
    ]


def test_headers_and_footers_of_a_pdf_are_left_out(tmp_path):
    pages = [["Annual report", f"Fact number {word} stands here.", f"Page {n}"] for n, word in enumerate("abcde")]
    texts = [section.text for section in read(tmp_path, "a.pdf", pdf(pages)).sections]
    assert texts == [f"Fact number {word} stands here." for word in "abcde"]
