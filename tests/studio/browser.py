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
