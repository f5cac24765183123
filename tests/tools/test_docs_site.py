"""The docs site: every setting is on it with what the code says, and it builds with links checked, fetching nothing."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from pipeline.core.settings import Settings
from pipeline.modeling.models import Models
from pipeline.train.params import Params
from tests.conftest import ROOT, load_tool
from tests.core.test_settings import _all_settings

hooks = load_tool("docs_hooks")


def test_every_section_and_registry_has_its_settings():
    page = hooks.settings_page()
    for section, kind in hooks.sections():
        assert f"\n## {section}\n" in page
        if section != "clean":
            assert all(f"`{name}" in page for name in kind.model_fields)
    for tables in hooks.registries().values():
        for entries in tables.values():
            for name, entry in entries.items():
                assert f"`{name}`\n" in page
                assert all(f"`{field}" in page for field in entry.settings.model_fields)


def test_a_row_has_type_default_limits_and_meaning():
    rows = {name: row for name, *row in hooks.fields_of(Params)}
    assert rows["batch_size"] == ["int; at least 1", "32", "examples per forward pass; a guess: not measured"]
    assert rows["max_train_rows"][2].startswith("a seeded sample of the train split")
    assert rows["early_stopping_patience"][2].endswith("0: never early")
    assert rows["chat.turns"][1:2]
    assert dict((name, default) for name, _, default, _ in hooks.fields_of(Models))["encoder.name"] == "(needed)"


def test_settings_say_what_they_are():
    """Nine in ten have a comment or stand in a class of one that explains them."""
    kinds = [kind for kind in _all_settings() if issubclass(kind, Settings)]
    fields = [
        (kind, name) for kind in kinds for name in vars(kind).get("__annotations__", {}) if name in kind.model_fields
    ]
    silent = [f"{kind.__name__}.{name}" for kind, name in fields if not hooks.comments(kind).get(name)]
    assert len(silent) < 0.2 * len(fields), silent


def test_the_python_api_has_every_name():
    page = hooks.api_page()
    for name in ("sft.step", "sft.Project", "Project.run", "sft.near_duplicates", "sft.render"):
        assert name in page


@pytest.mark.slow
def test_the_site_builds_with_links_checked_and_fetches_nothing(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        text = page.read_text("utf-8")
        assert not re.findall(r"""<(?:script|link|img)[^>]*(?:src|href)=["']https?://""", text), page.name
    for name in ("tutorial.zh.html", "concepts.zh.html", "reference/settings.html", "projects.html"):
        assert (tmp_path / "site" / name).is_file()
