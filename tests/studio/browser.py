"""A person in a real browser, for the clicks and keys that decide what is stored."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

SUBMIT = 'button[aria-label^="Submit current annotation"], button[aria-label="submit"]'


@contextmanager
def page_of(person: Any, url: str) -> Iterator[Any]:
    """A page in which the person is logged in; skips where no browser is installed."""
    browsers = pytest.importorskip("playwright.sync_api")
    program = next((p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if os.path.exists(p)), None)
    if program is None:
        pytest.skip("no Chromium: apt install chromium")
    with browsers.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(90_000)
        page.goto(f"{url}/user/login/")
        page.fill("input[name=email]", person.email)
        page.fill("input[name=password]", person.password)
        page.click("button[type=submit]")
        page.wait_for_url(lambda where: "/login" not in where)
        yield page
        browser.close()


def open_task(page: Any, project: Any, task: Any) -> None:
    """Open one task and wait until it can be answered."""
    page.goto(f"{project.client.url}/projects/{project.id}/data?task={task['id']}")
    page.locator(SUBMIT).first.wait_for()
    page.wait_for_timeout(1500)


def box_of(page: Any, text: str) -> dict[str, float]:
    """Where `text` stands in the text to mark."""
    found: dict[str, float] = page.evaluate(
        """(text) => { const root = document.querySelector('[class*=richtext]'); let n;
        const w = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
        while ((n = w.nextNode())) { const i = n.textContent.indexOf(text);
          if (i >= 0) { const r = document.createRange(); r.setStart(n, i); r.setEnd(n, i + text.length);
            const q = r.getBoundingClientRect(); return {x: q.x, y: q.y, w: q.width, h: q.height}; } } }""",
        text,
    )
    return found


def drag_over(page: Any, text: str, to_left: bool = False) -> None:
    """Mark `text` with the mouse, from its right end on where it is written so."""
    box = box_of(page, text)
    ends = [box["x"] + 1, box["x"] + box["w"] - 1]
    start, end = ends[::-1] if to_left else ends
    middle = box["y"] + box["h"] / 2
    page.mouse.move(start, middle)
    page.mouse.down()
    page.mouse.move(end, middle, steps=4)
    page.mouse.up()
