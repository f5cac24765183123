import io
import zipfile

import pytest

from pipeline.collect.documents.readers import READERS, read_document
from pipeline.core.record import Reject
from tests.collect.documents.making import pdf, word
from tests.conftest import ROOT

PAGES = sorted((ROOT / "data/samples/documents").iterdir())


def read(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_document(path, 50_000_000)


def shown(document):
    return [(section.headings, section.page, section.text) for section in document.sections]


def test_markdown_keeps_headings_and_leaves_code_alone(tmp_path):
    text = "# 手册\n\n引言。\n\n## 安装\n\n```sh\n# no heading\nmake\n```\n\nUse\n===\n\nRun it.\n\n#hashtag\n"
    found = read(tmp_path, "a.md", text)
    assert found.title == "手册"
    assert shown(found) == [
        (("手册",), 0, "引言。"),
        (("手册", "安装"), 0, "```sh\n# no heading\nmake\n```"),
        (("Use",), 0, "Run it.\n\n#hashtag"),
    ]


def test_front_matter_names_the_title_and_is_no_text(tmp_path):
    found = read(tmp_path, "a.md", "---\ntitle: 'Rules'\n---\nNo dogs.\n")
    assert (found.title, shown(found)) == ("Rules", [((), 0, "No dogs.")])


def test_a_form_feed_ends_a_page_of_plain_text(tmp_path):
    assert shown(read(tmp_path, "a.txt", "First page.\fSecond page.")) == [
        ((), 1, "First page."),
        ((), 2, "Second page."),
    ]
    assert shown(read(tmp_path, "b.txt", "一页。".encode("utf-16"))) == [((), 0, "一页。")]


def test_a_web_page_loses_its_menu_and_keeps_headings_and_tables(tmp_path):
    page = (ROOT / "data/samples/documents/lighthouse.html").read_bytes()
    found = read(tmp_path, "a.html", page)
    assert found.title == "The lighthouse of Cape Maren"
    assert [section.headings[-1] for section in found.sections][1:] == ["The light", "Keepers", "Visits"]
    assert "daily from 10 to 17" in found.sections[-1].text
    menu = read(tmp_path, "b.html", (ROOT / "data/samples/documents/huoguo.html").read_bytes())
    assert [section.headings[-1] for section in menu.sections][1:] == ["炒制", "保存", "不辣的吃法"]
    assert not {"首页", "版权所有"} & {word for section in menu.sections for word in section.text.split()}


def test_headings_of_a_page_too_short_for_the_extractor_stay_headings(tmp_path):
    page = "<html><body><h1>短页</h1><p>很短。</p><h2>票价</h2><p>成人八元。</p></body></html>"
    assert shown(read(tmp_path, "a.html", page)) == [(("短页",), 0, "很短。"), (("短页", "票价"), 0, "成人八元。")]


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
