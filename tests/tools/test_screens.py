"""Every screen of the report, three widths, both languages, light and dark: none has a fault that a machine can see."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.report.document import build
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
from pipeline.report.render import render
from tests.conftest import load_tool
from tests.report.conftest import TASK, chromium, make_project  # noqa: F401

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
screens = load_tool("screens")


@pytest.fixture(scope="module")
def browser(chromium):  # noqa: F811
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


def written(data: Path, folder: Path) -> Path:
    page = folder / "quality.html"
    page.write_text(render(build(load_inputs(data, TASK, Params()))), "utf-8")
    return page


def test_a_report_has_no_fault_that_a_machine_sees_on_any_screen(browser, tmp_path: Path):
    assert [*screens.look_at(browser, written(make_project(tmp_path / "data"), tmp_path))] == []


def test_nor_has_the_page_of_a_project_in_which_nothing_ran(browser, tmp_path: Path):
    assert [*screens.look_at(browser, written(tmp_path, tmp_path), widths=[390], themes=["light"])] == []


FAULTY = """<!doctype html><html lang="zh"><body style="margin:0">
<p style="width:3000px">标签</p><p style="width:60px;overflow:hidden;white-space:nowrap">一个非常长的标题写不下了</p>
<span data-t="fact.x">no record is labelled yet</span>
<table><tr><td class="code">label_errors</td><td>a text of the data</td></tr></table>
"""


def test_each_kind_of_fault_is_seen_and_texts_of_the_data_are_none(browser, tmp_path: Path):
    page = tmp_path / "faulty.html"
    page.write_text(FAULTY, "utf-8")
    told = [one.partition(": ")[2] for one in screens.look_at(browser, page, tmp_path / "out", False, [390], ["light"])]
    assert [one.partition(":")[0] for one in told] == ["over the right edge", "cut off", "English", "English"]
    assert not [one for one in told if "text of the data" in one]
    assert len([*(tmp_path / "out").glob("faulty_390_zh_light_*.png")]) == 2  # the first screen and the one piece
