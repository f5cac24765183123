"""Web pages."""

from __future__ import annotations

from tests.collect.documents.reading import read, shown
from tests.conftest import ROOT


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
