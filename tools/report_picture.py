"""The picture at the head of the README: the first screen of a quality report, as a small PNG.

    python tools/report_picture.py data/report/quality.html docs/images/report.png

Needs playwright (requirements-dev) and a Chromium ($CHROMIUM, else /usr/bin/chromium).
"""

from __future__ import annotations

import argparse
import io
import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

_WIDTH, _HEIGHT = 1280, 640
_COLOURS = 96


def picture(page: Path, language: str) -> bytes:
    """The first screen without the navigation, in a palette: a page of text needs few colours."""
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT}, color_scheme="light")
        tab.goto(page.resolve().as_uri())
        if tab.evaluate("document.documentElement.lang") != language:
            tab.locator("#language").click()
        tab.add_style_tag(content="nav { display: none } .frame { grid-template-columns: minmax(0, 1fr) !important }")
        shot = tab.screenshot()
        browser.close()
    out = io.BytesIO()
    Image.open(io.BytesIO(shot)).convert("RGB").quantize(_COLOURS).save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path, help="quality.html")
    parser.add_argument("out", type=Path, help="PNG to write")
    parser.add_argument("--language", choices=("en", "zh"), default="en")
    given = parser.parse_args()
    given.out.write_bytes(picture(given.page, given.language))


if __name__ == "__main__":
    main()
