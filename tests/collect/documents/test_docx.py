"""Word files."""

from __future__ import annotations

import io
import zipfile

import pytest

from pipeline.core.record import Reject
from tests.collect.documents.making import word
from tests.collect.documents.reading import read, shown


def test_a_word_file_keeps_headings_tables_and_pages(tmp_path):
    blocks = [
        ("h", 1, "价格"),
        ("table", [["票", "元"], ["成人", "8"]]),
        ("break",),
        ("h", 2, "Hours"),
        ("p", "Open at nine."),
    ]
    found = read(tmp_path, "a.docx", word("指南", blocks))
    assert (found.title, found.pages) == ("指南", 2)
    assert shown(found) == [
        (("价格",), 1, "| 票 | 元 |\n| 成人 | 8 |"),
        (("价格", "Hours"), 2, "Open at nine."),
    ]


@pytest.mark.parametrize("harm", ["stream", "body"])
def test_a_word_file_that_is_damaged_inside_is_refused(tmp_path, harm):
    whole = word("", [("p", "some text, 一些文字")] * 50)
    with zipfile.ZipFile(io.BytesIO(whole)) as packed:
        entry = packed.getinfo("word/document.xml")
        parts = {name: packed.read(name) for name in packed.namelist()}
    if harm == "stream":
        start = entry.header_offset + 30 + len(entry.filename)
        content = whole[:start] + bytes([7]) * 60 + whole[start + 60 :]
    else:
        xmlns = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
        parts[entry.filename] = f'<w:document xmlns:w="{xmlns}"/>'.encode()
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as packed:
            for name, data in parts.items():
                packed.writestr(name, data)
        content = made.getvalue()
    with pytest.raises(Reject, match="no Word file that can be read"):
        read(tmp_path, "a.docx", content)
