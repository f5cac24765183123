"""The Data Docs in Chinese: every text of ours, and no text of the data."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.report.data_docs import chinese, write_chinese
from pipeline.report.sections.expectations import CHINESE_DOCS
from pipeline.validate.data_docs_page import PAGE
from pipeline.validate.expectations import EXPECTATIONS

ROW = (
    '<td class="word"><span class="passed">&#10003; holds</span></td><td>text has a value<br>'
    "<code>values_present</code>"
    '<li><span class="id">01bd</span> 170 tokens, 42 are cut off</li></td><td>0 of 37,322 records fail</td>'
    "<td>2.5% of the records fail</td><p>a tweet of the data: good &amp; bad</p>"
)


def page(body: str) -> str:
    head = '<!DOCTYPE html>\n<html lang="en">\n<head>\n<title>Tweets: expectations</title>\n</head>'
    return f"{head}\n<body>{body}</body></html>"


def test_texts_of_ours_are_chinese_and_those_of_the_data_stay():
    told = chinese(page(ROW))
    assert '<html lang="zh">' in told
    assert "<title>Tweets：数据校验</title>" in told
    for text in (
        "✓ 通过",
        "文本不为空",
        "170 个词元，42 个被截断",
        "37,322 条记录中有 0 条未通过",
        "2.5% 的记录未通过",
    ):
        assert text in told, text
    assert '<code title="values_present">值齐全</code>' in told
    assert "a tweet of the data: good &amp; bad" in told


def test_every_expectation_has_its_chinese_name_and_no_raw_one_shows():
    rows = "".join(f'<code class="soft">{one}</code><h5 class="m-0" > {one} </h5>' for one in EXPECTATIONS)
    shown = re.findall(r">\s*([^<>\s][^<>]*)<", chinese(page(rows)).partition("<body>")[2])
    assert len(shown) == 2 * len(EXPECTATIONS)
    assert [one for one in shown if re.search("[a-z]", one)] == []


def test_a_name_of_the_data_stays():
    assert "<code>my_label</code>" in chinese(page("<code>my_label</code>"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The dataset was exported; all 20 expectations hold.", "数据集已导出；20 项校验全部通过。"),
        ("The dataset was exported; 2 of 20 expectations gave a warning.", "数据集已导出；20 项校验中有 2 项警告。"),
        ("train has at least 300 records", "训练集的记录数不低于 300"),
        ("3,000 records", "3,000 条记录"),
        ("records are sound classification examples", "记录是结构正确的分类样本"),
        ("exported: 1 of 20 expectations failed\nthat stop the run.", "：20 项校验中有 1 项未通过并中止流程。"),
    ],
)
def test_the_verdict_is_said_whole(text, said):
    assert f">{said}<" in chinese(page(f"<p>{text}</p>"))


def test_no_text_of_the_page_around_them_is_left_in_english():
    fixed = re.sub(r"\{[{%].*?[}%]\}", "<i>", PAGE, flags=re.DOTALL).partition("<body>")[2]
    texts = {" ".join(one.split()) for one in re.findall(r">([^<>]*[A-Za-z]{3}[^<>]*)<", fixed)}
    parts = (": ", ". ", "and", "Suite", "that ", "expectations", "exported", "The dataset was exported", "more", "sft")
    whole = {one for one in texts if not one.startswith(parts) and one not in ("error", "warn")}  # figures: see above
    assert len(whole) > 8
    left = {one for one in whole if f">{one}<" in chinese(page(f"<p>{one}</p>"))}
    assert left == set()


def test_where_nothing_was_validated_the_page_says_so(tmp_path: Path):
    write_chinese(tmp_path / "index.html", tmp_path)
    assert "尚无数据校验结果" in (tmp_path / CHINESE_DOCS).read_text("utf-8")
