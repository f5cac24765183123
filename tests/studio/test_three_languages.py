"""English, Chinese and Arabic in one round, marked in a browser; and what the person sees of their own progress."""

from __future__ import annotations

import httpx
import pytest

from pipeline.core.settings import Task
from pipeline.runtime.store import read_table, to_records
from pipeline.studio import server
from pipeline.studio.pull import pull
from tests.studio.browser import SUBMIT, box_of, drag_over, open_task, page_of
from tests.studio.conftest import Person, tasks_of
from tests.studio.test_screen import round_of, shot

pytestmark = pytest.mark.slow

#: A text, and the name in it.
TEXTS = (
    ("😀 Yesterday Ada Lovelace wrote a letter.", "Ada Lovelace"),
    ("昨天😀小王去了北京开会。", "小王"),
    ("😀 ذهبت ليلى إلى القاهرة", "ليلى"),
)


@pytest.fixture(scope="module")
def noor(studio_home):
    url, token = server.address(studio_home), server.own_secrets(studio_home)["token"]
    invite = httpx.get(f"{url}/api/invite", headers={"Authorization": f"Token {token}"}).json()["invite_url"]
    return Person(url, invite, "noor.three")


def test_names_are_marked_in_three_languages_and_everybody_sees_how_far_they_are(folder, noor):
    task = Task(type="ner", labels=("PER", "LOC"), languages=("en", "zh", "ar"))
    project = round_of(folder, task, [{"text": text} for text, _ in TEXTS])
    tasks = {one["data"]["text"]: one for one in tasks_of(project)}
    with page_of(noor, project.client.url) as page:
        for text, name in TEXTS:
            open_task(page, project, tasks[text])
            is_arabic = text == TEXTS[2][0]
            edge = page.locator(".lsf-main-content, .lsf-sidepanels__content").first.bounding_box()
            assert edge["width"] > 1000  # the panels beside the text are folded
            box = box_of(page, text)
            at_right = box["x"] + box["w"] > edge["x"] + edge["width"] - 150
            assert at_right == is_arabic
            page.keyboard.press("1")
            drag_over(page, name, to_left=is_arabic)
            page.wait_for_timeout(700)
            shot(page, f"three_{'ar' if is_arabic else name}")
            panel = page.locator(".lsf-sidepanels__wrapper_align_right").first
            panel.hover(position={"x": 10, "y": 300})
            page.wait_for_timeout(500)
            assert panel.bounding_box()["x"] < 1120  # and open under the mouse, with the region in them
            shot(page, f"three_panel_{'ar' if is_arabic else name}")
            page.locator(SUBMIT).first.click()
            page.wait_for_timeout(2000)
            list(pull(folder.annotations))
        page.goto(f"{project.client.url}/projects/{project.id}/data")
        page.get_by_text(noor.email, exact=True).first.click()
        page.get_by_text("Tasks: 3 / 3").wait_for()
        page.get_by_text("Default", exact=True).first.wait_for()
        shot(page, "three_tab")
    lines = {line["record_id"]: line["value"] for line in folder.lines()}
    assert len(lines) == 3
    folder.params["label"]["first_splits"] = {"min_records": 0}
    folder.write()
    folder.label()
    records = to_records(read_table(folder.data / "label" / "records.parquet"))
    marked = {r.fields["text"]: [r.fields["text"][s["start"] : s["end"]] for s in r.target] for r in records}
    assert marked == {text: [name] for text, name in TEXTS}
