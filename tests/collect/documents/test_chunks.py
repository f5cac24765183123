import pytest

from pipeline.collect.documents.chunks import chunks_of
from pipeline.collect.documents.markdown import read_markdown
from pipeline.collect.documents.section import Document, Section
from pipeline.collect.documents.settings import Chunking

ENGLISH = " ".join(f"Sentence number {n} tells of the harbour and its {n} boats." for n in range(60))
CHINESE = "".join(f"第{n}句说的是港口和它的船只；船长说：“第{n}次出海。”" for n in range(60))


def chunks(text, **settings):
    return chunks_of("guides/harbour.md", read_markdown(text), Chunking(**settings))


@pytest.mark.parametrize("text", [ENGLISH, CHINESE, "字" * 500, "x" * 3000], ids=["en", "zh", "one", "run"])
def test_no_chunk_is_longer_than_allowed_and_no_letter_is_lost(text):
    found = chunks(text, tokens=100)
    assert len(found) > 2
    assert max(chunk.tokens for chunk in found) <= 100
    assert "".join("".join(chunk.text.split()) for chunk in found) == "".join(text.split())
    assert [chunk.number for chunk in found] == list(range(1, len(found) + 1))


@pytest.mark.parametrize(("text", "ends"), [(ENGLISH, "."), (CHINESE, "。；”")])
def test_long_sections_are_cut_where_sentences_end(text, ends):
    assert {chunk.text[-1] for chunk in chunks(text, tokens=100)} <= set(ends)


def test_a_heading_ends_a_chunk_and_is_kept():
    first, second = chunks(f"# A\n\n{'One. ' * 60}\n\n## B\n\n{'二。' * 60}", tokens=400)
    assert (first.headings, second.headings) == (("A",), ("A", "B"))
    assert (first.title, second.document) == ("A", "guides/harbour.md")


def test_short_sections_join_the_next_one_with_its_heading():
    (only,) = chunks("# 手册\n\n短。\n\n## 安装\n\n按下开关。\n")
    assert only.text == "短。\n\n安装\n按下开关。"
    assert only.headings == ("手册",)


def test_the_page_is_the_one_on_which_a_chunk_starts():
    document = Document("", (Section("a " * 100, page=1), Section("b " * 100, page=2)), 2)
    assert [(chunk.page, chunk.title) for chunk in chunks_of("a/b.pdf", document, Chunking())] == [(1, "b"), (2, "b")]


def test_a_document_without_text_has_no_chunks():
    assert chunks("# only a heading") == []
