"""Reports for the docs site: which projects can be shown, and that a page lies where the site looks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.commands.init import projects
from tests.conftest import load_tool

gallery = load_tool("gallery")
hooks = load_tool("docs_hooks")


def test_projects_that_need_a_service_are_not_run():
    names = gallery.runnable()
    assert {"classification", "ner", "chat_sample"} <= set(names) < set(projects())
    assert "documents" not in names


def test_a_report_is_linked_from_its_project(tmp_path, monkeypatch):
    monkeypatch.setattr(hooks, "reports", list)
    assert "gallery/" not in hooks.projects_page()
    page = tmp_path / "ner.html"
    monkeypatch.setattr(hooks, "reports", lambda: [page])
    text = hooks.projects_page()
    assert text.count("](gallery/") == 1
    assert "](gallery/ner.html)" in text.split("\n## ner\n")[1].split("\n## ")[0]


@pytest.mark.slow
def test_a_project_is_run_and_its_page_kept(tmp_path: Path):
    page = gallery.page_of("regression", tmp_path / "gallery")
    assert page == tmp_path / "gallery/regression.html"
    assert "<html" in page.read_text("utf-8")[:2000]
