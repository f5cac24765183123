from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError
from tests.collect.reading import read, values

TRANSLATION = {"type": "translation", "languages": ["en", "zh"], "target_language": "zh"}


TMX = """<?xml version="1.0" encoding="UTF-8"?>
<tmx version="1.4"><header srclang="en"/><body>
<tu tuid="1"><tuv xml:lang="en-US"><seg>Press <bpt i="1">&lt;b></bpt>OK<ept i="1">&lt;/b></ept> now</seg></tuv>
  <tuv xml:lang="zh-CN"><seg>现在按 <hi>OK</hi></seg></tuv></tu>
<tu><tuv lang="EN"><seg>Salt &amp; fish</seg></tuv><tuv lang="zh"><seg>盐和鱼</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>Only one</seg></tuv><tuv xml:lang="fr"><seg>Un seul</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>Blank</seg></tuv><tuv xml:lang="zh"><seg/></tuv></tu>
<tu><tuv xml:lang="en"><seg>Broken</tuv></tu>
<tu><tuv xml:lang="en"><seg>Byte \xff</seg></tuv><tuv xml:lang="zh"><seg>字节</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>Not closed</seg></tuv>
<tu><tuv xml:lang="zh"><seg>最后</seg></tuv><tuv xml:lang="en"><seg>Last</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>Cut o"""


def test_tmx_units_good_and_bad(tmp_path):
    content = TMX.encode().replace("\xff".encode(), b"\xff")
    rows = read(tmp_path, "a.tmx", content, format="tmx", languages=("en", "zh"))
    assert values(rows) == [
        {"text": "Press OK now", "target": "现在按 OK", "unit_id": "1"},
        {"text": "Salt & fish", "target": "盐和鱼", "unit_id": None},
        "missing_language",
        "empty_side",
        "not_xml",
        "undecodable",
        "truncated_file",
        {"text": "Last", "target": "最后", "unit_id": None},
        "truncated_file",
    ]
    assert [row.number for row in rows] == [3, 5, 6, 7, 8, 9, 10, 11, 12]
    assert "no 'zh' among en, fr" in rows[2].detail


def test_tmx_in_utf_16(tmp_path):
    content = TMX.split("<tu><tuv xml")[0].encode("utf-16")
    assert len(read(tmp_path, "a.tmx", content, format="tmx", languages=("zh", "en"), encoding="utf-16")) == 2


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [("<tmx/>", {"languages": ("en", "zh")}, "no <tu> in it"), (TMX, {}, "needs `languages`")],
)
def test_tmx_that_is_none_stops(tmp_path, content, options, message):
    with pytest.raises(PipelineError, match=message):
        read(tmp_path, "a.tmx", content, format="tmx", **options)


def test_tmx_through_collect_needs_no_target(project):
    project.write("a.tmx", TMX.replace("\xff", ""))
    found = project.collect(TRANSLATION, path="a.tmx", format="tmx", languages=("en", "zh"))
    assert [row["target"] for row in found.rows] == ["现在按 OK", "盐和鱼", "字节", "最后"]
    assert len(found.dropped) == 5
