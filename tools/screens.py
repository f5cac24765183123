"""Every screen of a page, to look at: three widths, both languages, light and dark; and what a machine can see of it.

    python tools/screens.py PAGE.html... [--out FOLDER] [--axe]

PAGE is a quality report, a page of Data Docs or one of the docs site. Prints one line for each fault: what makes the
page scroll sideways, text that its box cuts off, English on a Chinese page, and with --axe what axe-core finds (WCAG
2.1 AA, contrast among it). --out keeps pictures: the first screen, then the unfolded page in pieces. Exits 1 where a
fault was found. Needs playwright (requirements-dev) and a Chromium ($CHROMIUM, else /usr/bin/chromium).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, sync_playwright

Theme = Literal["light", "dark"]
WIDTHS, LANGUAGES = (1440, 1024, 390), ("en", "zh")
THEMES: tuple[Theme, ...] = ("light", "dark")
#: What axe-core holds the page against: WCAG 2.1 at level AA, and what it calls best practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
_PIECE = 3000  # pixels of a page in one picture

#: The questions to a page.
_SCRIPT = Path(__file__).with_suffix(".js")


def main() -> None:
    """Look at every page in every way; print the faults."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="+", type=Path, metavar="PAGE", help="HTML files")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="keep pictures there")
    parser.add_argument("--axe", action="store_true", help="axe-core too (some seconds a screen)")
    given = parser.parse_args()
    faults = 0
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for page in given.pages:
            for fault in look_at(browser, page, given.out, given.axe):
                faults += 1
                print(f"{page}: {fault}", flush=True)
        browser.close()
    sys.exit(1 if faults else 0)


def look_at(
    browser: Browser,
    file: Path,
    out: Path | None = None,
    axe: bool = False,
    widths: Sequence[int] = WIDTHS,
    themes: Sequence[Theme] = THEMES,
) -> Iterator[str]:
    """The faults of a page: each with its width, language and theme."""
    for width, language, theme in product(widths, LANGUAGES, themes):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, bypass_csp=True)
        page = context.new_page()
        page.goto(file.resolve().as_uri())
        if speaks(page, language):
            darken(page, theme)
            name = f"{file.stem}_{width}_{language}_{theme}"
            if out:
                out.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=out / f"{name}_first.png")
            unfold(page)
            for fault in faults_of(page, language):
                yield f"{width} {language} {theme}: {fault}"
            if axe:
                for fault in axe_faults(page):
                    yield f"{width} {language} {theme}: {fault}"
            if out:
                pieces(page, out, name, width)
        context.close()


def speaks(page: Page, language: str) -> bool:
    """Whether the page is in the language, or can be switched to it."""
    switch = page.locator("button#language")
    if page.evaluate("document.documentElement.lang") != language and switch.count():
        switch.click()
    return bool(page.evaluate("document.documentElement.lang") == language)


def darken(page: Page, theme: str) -> None:
    """Pages of the docs site follow their own switch, not the system."""
    switch = page.locator("form.md-header__option label:visible")
    if theme == "dark" and switch.count():
        switch.first.click()


def unfold(page: Page) -> None:
    """Open whatever is folded, what lies in it too."""
    for _ in range(2):
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        page.wait_for_timeout(50)


def faults_of(page: Page, language: str) -> Iterator[str]:
    """What a machine can see without axe-core."""
    questions = {"over the right edge": "overflow", "cut off": "clipped"} | (
        {"English": "english"} if language == "zh" else {}
    )
    for fault, question in questions.items():
        found: list[str] = page.evaluate(f"{_SCRIPT.read_text('utf-8').rstrip()}.{question}()")
        yield from (f"{fault}: {one}" for one in found)


def axe_faults(page: Page) -> Iterator[str]:
    """What axe-core finds."""
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    found: list[dict[str, Any]] = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)["violations"]
    for one in found:
        yield f"axe {one['id']}: {[node['target'] for node in one['nodes'][:3]]}"


def pieces(page: Page, out: Path, name: str, width: int) -> None:
    """The whole page, piece by piece from the top."""
    page.add_style_tag(content="header, nav, form#review-decisions { position: static !important }")
    height: int = page.evaluate("document.documentElement.scrollHeight")
    for number, top in enumerate(range(0, height, _PIECE)):
        clip: Any = {"x": 0, "y": top, "width": width, "height": min(_PIECE, height - top)}
        page.screenshot(path=out / f"{name}_{number:02}.png", full_page=True, clip=clip)


if __name__ == "__main__":
    main()
