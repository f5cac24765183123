"""Whole texts, mails, mailboxes and Excel sheets."""

from __future__ import annotations

import io
import mailbox
import zipfile
from email.message import EmailMessage

import pytest

from pipeline.core.errors import PipelineError
from tests.collect.reading import read, values


def mail(subject: str, text: str, charset: str = "utf-8", subtype: str = "plain") -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"] = subject, "a@b.example"
    made.set_content(text, charset=charset, subtype=subtype)
    return made


def picture() -> EmailMessage:
    made = EmailMessage()
    made.set_content(b"x", maintype="image", subtype="png")
    return made


def test_a_document_is_one_row(tmp_path):
    assert values(read(tmp_path, "甲.txt", "一行\n\nline two\n", format="document")) == [
        {"text": "一行\n\nline two", "file": "甲"}
    ]
    assert values(read(tmp_path, "b.txt", b"\xff", format="document")) == ["undecodable"]


@pytest.mark.parametrize(
    ("text", "charset"), [("Grüße aus Köln", "latin-1"), ("包裹没到。", "gb18030"), ("“ok”", "utf-8")]
)
def test_a_mail_in_its_own_charset(tmp_path, text, charset):
    [row] = values(read(tmp_path, "m.eml", mail("Re: 包裹", f"{text}\n", charset).as_bytes()))
    assert (row["subject"], row["text"], row["sender"], row["file"]) == ("Re: 包裹", text, "a@b.example", "m")


def test_mails_with_html_only_with_no_text_and_of_an_unknown_charset(tmp_path):
    [row] = values(read(tmp_path, "h.eml", mail("s", "<p>hi</p>", subtype="html").as_bytes()))
    assert row["text"] == "<p>hi</p>"
    assert values(read(tmp_path, "p.eml", picture().as_bytes())) == ["no_text_part"]
    odd = b"Content-Type: text/plain; charset=klingon\nContent-Transfer-Encoding: base64\n\naGk=\n"
    assert values(read(tmp_path, "k.eml", odd)) == ["undecodable"]


def test_a_mailbox(tmp_path):
    box = mailbox.mbox(tmp_path / "in.mbox")
    for one in (mail("一", "你好\n\nFrom here on\n"), picture(), mail("two", "hi\n", "latin-1")):
        box.add(one)
    box.close()
    content = (tmp_path / "in.mbox").read_bytes()
    rows = read(tmp_path, "all.mbox", content)
    assert [row.number for row in rows] == [1, 2, 3]
    found = values(rows)
    assert (found[0]["subject"], found[0]["text"]) == ("一", "你好\n\nFrom here on")
    assert (found[1], found[2]["text"]) == ("no_text_part", "hi")


def test_an_empty_mailbox_and_what_is_none(tmp_path):
    assert read(tmp_path, "e.mbox", "") == []
    with pytest.raises(PipelineError, match="no mailbox"):
        read(tmp_path, "x.mbox", "Subject: one mail\n\nhi\n")


def test_an_excel_sheet(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    for cells in (("文本", "n", None), ("你好", 3.0, None), (None, None, None), ("b", 0.5, "x")):
        book.active.append(cells)
    packed = io.BytesIO()
    book.save(packed)
    assert values(read(tmp_path, "a.xlsx", packed.getvalue())) == [
        {"文本": "你好", "n": "3"},
        {"文本": "b", "n": "0.5"},
    ]


def test_archives_and_sheets_under_another_name_are_told(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a", "b")
    with pytest.raises(PipelineError, match="under another name"):
        read(tmp_path, "a.csv", packed.getvalue())
    with pytest.raises(PipelineError, match="not a readable Excel file"):
        read(tmp_path, "a.xlsx", packed.getvalue())
