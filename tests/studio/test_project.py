"""The project's title."""

from __future__ import annotations

from pipeline.studio.params import load_studio
from pipeline.studio.project import title


def test_title_falls_back_to_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("{}\n", "utf-8")
    assert title(load_studio()) == f"{tmp_path.name} labels"[:50]
