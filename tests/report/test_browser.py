"""The page in a real browser, opened from disk with every request refused."""

from __future__ import annotations

import csv
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.annotation.review_decisions import read_decisions
from pipeline.core.record import as_json
from pipeline.report.document import build
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
from pipeline.report.render import render
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_table, write_json, write_table
from tests.report.conftest import HOSTILE, TASK, make_record, validated

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


@pytest.fixture(scope="module")
def file(project, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "quality.html"
    path.write_text(render(build(load_inputs(project, TASK, Params()))), "utf-8")
    return path


@pytest.fixture(scope="module")
def browser(chromium):
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


class Opened:
    """The page, with what it asked for and complained about."""

    def __init__(self, browser, file, unfolded: bool = True, **context) -> None:
        self.page = browser.new_context(**context).new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.route("**/*", self._answer)
        self.page.goto(file.as_uri())
        if unfolded:
            self.page.locator("#unfold").click()

    def _answer(self, route) -> None:
        if route.request.url.startswith("file:") and route.request.is_navigation_request():
            route.continue_()
            return
        self.requests.append(route.request.url)
        route.abort()


@pytest.fixture(params=[1440, 390], ids=["desktop", "phone"])
def opened(browser, file, request):
    found = Opened(browser, file, viewport={"width": request.param, "height": 900})
    yield found
    found.page.context.close()


def rows(page, name: str):
    return page.locator(f"#{name} .grid").last.locator("tbody tr:visible")


def test_it_opens_without_requests_or_complaints_and_runs_no_foreign_script(opened):
    opened.page.wait_for_timeout(100)
    assert opened.page.locator("h1").inner_text() == "Usable, with warnings"
    assert (opened.requests, opened.complaints) == ([], [])
    assert opened.page.evaluate("window.hacked") is None
    assert opened.page.locator("img").count() == 0


def test_nothing_makes_the_page_scroll_sideways(opened):
    for language in ("en", "zh"):
        assert opened.page.evaluate("document.documentElement.lang") == language
        wide = opened.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0
        opened.page.locator("#language").click()


def test_the_table_of_expectations_is_no_wider_than_the_page_of_a_desk(browser, file):
    page = Opened(browser, file, viewport={"width": 1440, "height": 900}).page
    for _ in ("en", "zh"):
        wider = page.evaluate(
            "[...document.querySelectorAll('#expectations .scroll')].map((one) => one.scrollWidth - one.clientWidth)"
        )
        assert wider
        assert max(wider) <= 0
        page.locator("#language").click()
    page.context.close()


def test_search_and_filter_narrow_a_table(opened):
    table = opened.page.locator("#label_errors .grid").last
    assert rows(opened.page, "label_errors").count() == 8
    table.locator("input").fill("屏幕")
    found = rows(opened.page, "label_errors").all_inner_texts()
    assert found
    assert all("屏幕" in text for text in found)
    table.locator("input").fill("nothing has this")
    assert rows(opened.page, "label_errors").count() == 0
    assert "0 match, 8 in all" in table.locator(".shown").inner_text()
    table.locator("input").fill("")
    table.locator("select").first.select_option("negative")
    assert 0 < rows(opened.page, "label_errors").count() < 8


def test_a_filter_says_that_the_page_holds_a_part_of_the_rows(opened):
    table = opened.page.locator("#label_errors .grid").last
    table.evaluate("one => { one.dataset.total = 5000; }")
    table.locator("input").fill("手机")
    assert "5,000 in all" in table.locator(".count").inner_text()  # no file beside the page holds the others
    table.evaluate("one => { one.insertAdjacentHTML('beforeend', '<a class=file href=tables/review.csv></a>'); }")
    table.locator("input").fill("屏幕")
    told = table.locator(".count").inner_text()
    assert "of the 8 rows on this page match, all 5,000 are in the file" in told


def test_a_column_sorts_both_ways_with_the_keyboard(opened):
    table = opened.page.locator("#label_errors .grid").last
    head = table.locator("th button[data-sort='4']")

    def values():
        return [float(cell.get_attribute("data-v")) for cell in table.locator("tbody td:nth-child(5)").all()]

    head.focus()
    opened.page.keyboard.press("Enter")
    assert values() == sorted(values(), reverse=True)
    opened.page.keyboard.press("Enter")
    assert values() == sorted(values())
    assert table.locator("th[aria-sort='ascending']").count() == 1


def test_the_language_switches_there_and_back(opened):
    page = opened.page
    english = page.locator("main").inner_text()
    page.locator("#language").click()
    assert page.locator("h1").inner_text() == "可以使用，但有警告"
    assert page.locator("#label_errors input").last.get_attribute("placeholder") == "搜索…"
    page.locator("#language").click()
    assert page.locator("main").inner_text() == english


def test_the_theme_follows_the_system_and_the_switch(browser, file):
    seen = []
    for scheme in ("light", "dark"):
        opened = Opened(browser, file, color_scheme=scheme)
        background = "getComputedStyle(document.body).backgroundColor"
        seen.append(opened.page.evaluate(background))
        opened.page.locator("#theme").click()
        seen.append(opened.page.evaluate(background))
        opened.page.context.close()
    assert seen[0] != seen[1]
    assert seen == [seen[0], seen[1], seen[1], seen[0]]


def test_the_state_of_a_table_is_in_the_address_and_the_address_brings_it_back(opened, file):
    page = opened.page
    table = page.locator("#label_errors .grid").last
    table.locator("select").first.select_option("negative")
    table.locator("th button[data-sort='4']").click()
    shown = rows(page, "label_errors").all_inner_texts()
    address = page.url
    assert "#label_errors/label_errors?given=negative&sort=-confidence" in address
    page.goto("about:blank")
    page.goto(address)
    assert rows(page, "label_errors").all_inner_texts() == shown
    assert page.locator("#label_errors details.fold").first.get_attribute("open") is not None


def test_a_record_has_an_address_and_its_id_can_be_copied(opened, file):
    page = opened.page
    page.locator("#drops button.id").first.click()
    id = page.locator("#drops button.id").first.get_attribute("data-id")
    assert page.url.endswith(f"#record/{id}")
    page.locator("#record-history .copy.id").click()
    assert id in page.locator("#toast").inner_text()
    page.keyboard.press("Escape")
    page.wait_for_function("!location.hash.includes('record')")
    page.goto(file.as_uri() + f"#record/{id}")
    page.reload()
    assert id in page.locator("#record-history-title").inner_text()


def test_answers_are_reached_by_keyboard(opened):
    page = opened.page
    page.keyboard.press("/")
    page.keyboard.type("屏幕")
    page.keyboard.press("ArrowDown")
    first = page.locator("#answers [role=option]").first
    assert first.evaluate("one => one === document.activeElement")
    page.keyboard.press("Enter")
    assert first.get_attribute("data-id") in page.locator("#record-history-title").inner_text()


def test_what_to_fix_leads_to_its_rows_or_to_a_command(opened):
    page = opened.page
    found = page.locator(".fixes li")
    assert 0 < found.count() <= 5
    assert found.locator(".act").count() == found.count()
    page.locator(".fixes a.act[href^='#label_errors/label_errors']").click()
    assert rows(page, "label_errors").count() == 8


def test_the_first_screen_holds_the_verdict_the_equation_and_what_to_fix(browser, file):
    page = Opened(browser, file, unfolded=False, viewport={"width": 1440, "height": 900}).page
    for name in (".verdict", ".equation", ".fixes"):
        box = page.locator(name).bounding_box()
        assert box["y"] + box["height"] <= 900, name
    assert page.evaluate("document.querySelectorAll('*').length") < 10_000
    page.context.close()


def test_labels_are_decided_by_keyboard_kept_in_the_browser_and_saved_as_a_file(opened, file, tmp_path):
    page = opened.page
    table = page.locator("#label_errors .grid").last
    found = table.locator("tbody tr")
    ids = [one.get_attribute("data-record") for one in found.all()]
    found.first.focus()
    for key in ("a", "k", "d"):
        page.keyboard.press(key)
    page.keyboard.press("c")
    page.locator("td.decide select").select_option("positive")
    page.keyboard.press("k")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("u")
    shown = [one.inner_text() for one in table.locator("td.decide").all()]
    assert shown[:5] == ["accept", "keep", "drop", "change: positive", "decide"]
    page.reload()
    page.locator("#unfold").click()
    assert page.locator("#review-decisions .n").inner_text() == "Decisions in this browser: 4"
    page.locator("#language").click()
    assert page.locator("#label_errors td.decide b").first.inner_text() == "采纳"
    page.locator("#language").click()
    page.fill("#review-decisions input", "Ann B.")
    with page.expect_download() as saved:
        page.locator("#review-decisions [type=submit]").click()
    assert saved.value.suggested_filename.startswith("decisions-Ann-B-")
    saved.value.save_as(tmp_path / saved.value.suggested_filename)
    decided = {one.record_id: one for one in read_decisions(tmp_path)}
    assert [decided[id].choice for id in ids[:4]] == ["accept", "keep", "drop", "change"]
    assert [decided[id].value for id in ids[:4]] == [
        "neutral",
        found.nth(1).locator(".chip").first.inner_text(),
        None,
        "positive",
    ]
    assert {one.reviewer for one in decided.values()} == {"Ann B."}
    page.locator("#review-decisions .clear").click()
    assert not page.locator("#review-decisions").is_visible()


def test_dropped_rows_and_copies_can_be_kept_but_not_what_no_person_may(opened):
    page = opened.page
    for row in page.locator("#drops [data-name=drop_examples] tbody tr").all():
        stage = row.locator("td").nth(4).inner_text()
        assert (row.get_attribute("data-record") is not None) == (stage == "clean")
    row = page.locator("#duplicates [data-name=clusters] tr[data-record]").first
    row.locator(".ask-me").click()
    row.locator("[data-choice=keep]").click()
    assert row.locator("td.decide").inner_text() == "keep"
    assert page.locator("#review-decisions").is_visible()


def test_charts_are_drawn(browser, file):
    page = Opened(browser, file, viewport={"width": 1440, "height": 900}).page
    for name in (
        ".flow svg rect.stage",
        ".reliability circle",
        ".heat td",
        ".bars .fill i",
        ".intervals .dot",
        ".map circle",
        ".curve polyline",
        "#prelabels .curve polyline.p-1",
    ):
        box = page.locator(name).first.bounding_box()
        assert box, name
        assert box["width"] > 0, name
        assert box["height"] > 0, name
    boxes = [one.bounding_box() for one in page.locator(".flow svg text:visible").all()]
    assert not [(a, b) for n, a in enumerate(boxes) for b in boxes[n + 1 :] if _overlap(a, b)]


def test_an_id_opens_the_records_history_and_closes_with_escape(opened):
    button = opened.page.locator("#drops button.id").first
    button.click()
    dialog = opened.page.locator("#record-history")
    assert f"sft trace {button.get_attribute('data-id')}" in dialog.inner_text()
    assert "dropped" in dialog.inner_text()
    opened.page.keyboard.press("Escape")
    assert not dialog.is_visible()


def test_the_search_box_traces_by_text_and_by_id_and_names_the_command(opened):
    page = opened.page
    page.keyboard.press("/")
    page.keyboard.type("屏幕")
    answers = page.locator("#answers [role=option]")
    assert answers.count() > 0
    id = answers.first.get_attribute("data-id")
    assert "sft trace '屏幕'" in page.locator("#answers").inner_text()
    page.fill("#ask", id[:12])
    answers.first.click()
    assert id in page.locator("#record-history-title").inner_text()
    page.keyboard.press("Escape")
    page.fill("#ask", "window.hacked")
    answers.first.click()
    assert "<script>" in page.locator("#record-history dl").inner_text()
    assert page.evaluate("window.hacked") is None


def test_a_point_of_the_map_tells_its_history(opened):
    point = opened.page.locator(".map circle").first
    point.dispatch_event("click")
    assert point.get_attribute("data-id") in opened.page.locator("#record-history-title").inner_text()


def test_a_filtered_table_is_saved_as_csv(opened):
    table = opened.page.locator("#label_errors .grid").last
    table.locator("select").first.select_option("negative")
    shown = rows(opened.page, "label_errors").count()
    with opened.page.expect_download() as saved:
        table.locator(".csv").click()
    text = Path(saved.value.path()).read_text("utf-8-sig")
    lines = list(csv.reader(text.splitlines()))
    assert len(lines) == shown + 1
    assert {line[1] for line in lines[1:]} == {"negative"}
    assert len(lines[1][-1]) == 20


@pytest.fixture(scope="module")
def odd_file(tmp_path_factory):
    """A project of 200 classes with one record in test, none in dev, right-to-left and 100,000-character texts."""
    folder = tmp_path_factory.mktemp("odd") / "data"
    task = TASK.model_copy(update={"labels": tuple(f"class-{n:03}" for n in range(200))})
    texts = {3: "مرحبا بالعالم، هذا نص طويل 😀", 4: "长" * 100_000, 5: HOSTILE}
    records = [
        make_record(n, text=texts.get(n), label=HOSTILE if n == 6 else task.labels[n % 200], split="train")
        for n in range(400)
    ]
    records[7] = replace(records[7], split="test")
    validated(folder, to_table(records, schema(task)), task)
    write_json({"stage": "augment"}, folder / "augment" / "report.json")
    write_json(
        {"stage": "validate", "dataset": {}, "expectations": [], "changes": None}, folder / "validate/report.json"
    )
    pairs = [(a, task.labels[(n * 7) % 200]) for n, a in enumerate(task.labels) for _ in range(2)]
    rows = [
        {"id": str(n), "given": as_json(a), "predicted": as_json(b), "correct": a == b}
        for n, (a, b) in enumerate(pairs)
    ]
    write_table(pa.Table.from_pylist(rows), folder / "evaluate" / "predictions.parquet")
    write_json({"stage": "evaluate", "metrics": {}}, folder / "evaluate" / "report.json")
    path = folder / "quality.html"
    path.write_text(render(build(load_inputs(folder, task, Params()))), "utf-8")
    return path


def test_two_hundred_classes_and_odd_texts_are_drawn_and_inert(browser, odd_file):
    opened = Opened(browser, odd_file, viewport={"width": 390, "height": 900})
    opened.page.wait_for_timeout(100)
    assert (opened.requests, opened.complaints) == ([], [])
    assert opened.page.evaluate("window.hacked") is None
    assert opened.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert opened.page.locator(".heat tbody tr").count() == 20
    assert "180" in opened.page.locator(".heat .more").inner_text()
    opened.page.fill("#ask", "مرحبا")
    opened.page.locator("#answers [role=option]").first.click()
    cell = opened.page.locator("#record-history dd").first
    assert cell.evaluate("element => getComputedStyle(element).direction") == "rtl"
    opened.page.context.close()
    assert odd_file.stat().st_size < 2_000_000


def _overlap(a, b) -> bool:
    across = min(a["x"] + a["width"], b["x"] + b["width"]) - max(a["x"], b["x"])
    down = min(a["y"] + a["height"], b["y"] + b["height"]) - max(a["y"], b["y"])
    return across > 1 and down > 3


def test_the_map_zooms_by_button_wheel_and_keyboard_and_comes_back(opened):
    svg = opened.page.locator(".map svg")

    def width():
        return float(svg.get_attribute("viewBox").split()[2])

    whole = width()
    svg.scroll_into_view_if_needed()
    opened.page.locator("[data-zoom='1.6']").click()
    once = width()
    assert once < whole
    svg.focus()
    opened.page.keyboard.press("+")
    assert width() < once
    left = svg.get_attribute("viewBox")
    opened.page.keyboard.press("ArrowRight")
    assert svg.get_attribute("viewBox") != left
    opened.page.locator("[data-zoom='0']").click()
    assert width() == whole
    for _ in range(30):
        opened.page.locator("[data-zoom='1.6']").click()
    assert width() >= whole / 41  # it does not zoom into nothing


#: What axe-core holds the page against: WCAG 2.1 at level AA, and what it calls best practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing_folded_and_open_in_both_languages(browser, file, theme, width):
    pytest.importorskip("axe_playwright_python", reason="axe-core comes with axe-playwright-python")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, bypass_csp=True)
    page = context.new_page()
    page.goto(file.as_uri())
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    for step in ("folded", "open", "chinese", "record"):
        if step == "open":
            page.locator("#unfold").click()
            page.locator(".checks summary").click()
        if step == "chinese":
            page.locator("#language").click()
        if step == "record":
            page.locator("button.id").first.click()
        found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)["violations"]
        told = [(one["id"], [node["target"] for node in one["nodes"][:3]]) for one in found]
        assert told == [], step
    context.close()


def test_the_page_is_light(browser, tmp_path, project):
    path = tmp_path / "quality.html"
    path.write_text(render(build(load_inputs(project, TASK, Params(max_rows=2000)))), "utf-8")
    assert path.stat().st_size <= 2_000_000
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.evaluate("document.querySelectorAll('*').length") < 10_000
    page.close()
