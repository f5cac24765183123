"""Documents of every format: samples, and what cannot be read."""

from __future__ import annotations

import io
import zipfile

import pytest

from pipeline.collect.documents.readers import READERS, read_document
from pipeline.core.record import Reject
from tests.collect.documents.making import pdf
from tests.collect.documents.reading import read, shown
from tests.conftest import ROOT

PAGES = sorted((ROOT / "data/samples/documents").iterdir())


def test_a_form_feed_ends_a_page_of_plain_text(tmp_path):
    assert shown(read(tmp_path, "a.txt", "First page.\fSecond page.")) == [
        ((), 1, "First page."),
        ((), 2, "Second page."),
    ]
    assert shown(read(tmp_path, "b.txt", "一页。".encode("utf-16"))) == [((), 0, "一页。")]


def bomb():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for n in range(3):
            file.writestr(f"word/{n}.xml", b"0" * (100 << 20))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.md", b"caf\xe9", "undecodable"),
        ("a.txt", " \n \f ", "no_text"),
        ("a.html", "", "unreadable_document"),
        ("a.html", "<html><body></body></html>", "no_text"),
        ("a.pdf", b"%PDF-1.4 broken", "unreadable_document"),
        ("a.pdf", pdf([[]]), "no_text"),
        ("a.docx", b"PK\x03\x04 broken", "unreadable_document"),
        ("a.docx", b"old word file", "unreadable_document"),
        ("a.rtf", "{\\rtf1}", "unknown_document"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(tmp_path, name, content, reason):
    with pytest.raises(Reject) as caught:
        read(tmp_path, name, content)
    assert caught.value.reason == reason
    assert caught.value.detail


def test_a_file_that_unpacks_to_far_too_much_is_refused(tmp_path):
    with pytest.raises(Reject, match="unpacks"):
        read(tmp_path, "a.docx", bomb())


def test_a_file_beyond_the_limit_is_not_read(tmp_path):
    (tmp_path / "a.md").write_text("long")
    with pytest.raises(Reject, match="too_large"):
        read_document(tmp_path / "a.md", 3)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_sample_page_has_headings_or_paragraphs(path):
    found = read_document(path, 50_000_000)
    assert sum(len(section.text) for section in found.sections) > 150
    assert path.suffix == ".txt" or len({section.headings for section in found.sections}) >= 3


def test_the_samples_are_twenty_pages_of_all_kinds_in_two_languages():
    assert len(PAGES) == 20
    assert {path.suffix for path in PAGES} == {".md", ".html", ".txt", ".pdf", ".docx"} <= set(READERS)
    chinese = [any("\u4e00" <= letter <= "\u9fff" for letter in _text(path)) for path in PAGES]
    assert sum(chinese) == 10


def _text(path):
    return "".join(section.text for section in read_document(path, 50_000_000).sections)
