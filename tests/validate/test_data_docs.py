from __future__ import annotations

import re

import pytest

from pipeline.core.settings import Task
from pipeline.runtime.store import read_json
from pipeline.validate.data_docs_sections import escaped
from tests.validate.conftest import review, sound_reviews

MARKUP = "<script>alert('标签')</script>"
TASK = Task(type="classification", labels=("negative", "positive", MARKUP), languages=("en", "zh"))
SUITE = [
    {"expect": "length_between", "column": "text", "max": 5, "severity": "warn", "note": MARKUP},
    {"expect": "unique", "column": "label", "severity": "warn"},
    {"expect": "in_languages", "severity": "warn"},
    {"expect": "in_declared_labels", "severity": "warn"},
    {"expect": "no_conflicting_labels", "severity": "warn"},
    {"expect": "class_share_between", "min": 0.4, "severity": "warn"},
    {"expect": "rows_between", "min": 2},
]


@pytest.fixture
def page(project):
    """The page of a project that has markup wherever data can carry it."""
    bad = [
        review("x1", MARKUP, MARKUP, lang=MARKUP),
        review("x2", MARKUP, "positive"),
        review("x3", "中文", f"<b>{MARKUP}"),
        review(MARKUP, "<img src=x onerror=alert(1)>"),
    ]
    out = project.write([*sound_reviews(), *bad], SUITE, TASK, name=f"Data {MARKUP}").validate()
    return (out / "data_docs" / "index.html").read_text("utf-8")


def test_markup_in_data_is_inert(page):
    assert not re.search(r"<\s*(script|img|b>)", page)
    assert page.count("&lt;script&gt;alert(") >= 8


def test_the_page_needs_no_network(page):
    assert not re.search(r"https?://|<[^>]*\ssrc=|<link|@import|url\(", page)
    assert "default-src 'none'" in page


def test_the_page_has_no_time_and_no_random_id(page):
    assert not re.search(r"20\d\d-\d\d-\d\d|[0-9a-f]{8}-[0-9a-f]{4}-", page)


def test_the_page_shows_severity_and_record_ids(page):
    assert "6 of 7 expectations gave a warning" in page
    assert '<span class="id">x1</span>' in page
    assert "Great Expectations" in page


def test_escaped_goes_all_the_way_down():
    assert escaped({"<k>": ["<a>", {"x": ("&", 1, None)}]}) == {"&lt;k&gt;": ["&lt;a&gt;", {"x": ["&amp;", 1, None]}]}


def test_a_long_text_and_many_classes_still_give_a_page(project):
    labels = tuple(f"类别{n}" for n in range(200))
    task = Task(type="classification", labels=labels, languages=("zh",))
    records = [review(f"r{n}", f"文本 {n}", label) for n, label in enumerate(labels)]
    long = review("long", "\u202e🙂" * 50_000, labels[0])
    suite = [
        {"expect": "class_share_between", "min": 0.001},
        {"expect": "length_between", "column": "text", "max": 99, "severity": "warn"},
    ]
    out = project.write([*records, long], suite, task).validate()
    assert read_json(out / "metrics.json")["warnings"] == 1
    assert (out / "data_docs" / "index.html").stat().st_size < 200_000
    assert "..., " in read_json(out / "report.json")["expectations"][0]["observed"]


def test_results_are_told_in_plain_words(page):
    columns = page[page.index('<details class="columns">') :]
    assert not re.search(r"% null|% not null|nexpected|Observed Value|Table-Level|total rows", columns)
    assert "of the records pass" in columns
    assert "records fail:" in columns
    assert "of the records fail<" in columns
