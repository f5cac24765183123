"""Notebooks read results only, are stored without outputs, and run."""

from __future__ import annotations

import json

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import ROOT
from tests.report.conftest import make_project

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path):
    cells = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    assert cells
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)


#: Notebook -> words that its outputs must hold.
SHOWN = {
    "01-quality-report": ("exact_duplicate", "label_error", "augment", "train"),
    "02-labels": ("human:ann", "alpha", "ann", "neutral"),
    "03-model": ("macro_f1", "zh", "freedom_from_bias", "has not run"),
}


def test_every_notebook_is_run():
    assert {path.stem for path in NOTEBOOKS} == set(SHOWN)


@pytest.mark.parametrize("name", SHOWN)
def test_a_notebook_shows_the_figures_of_a_finished_project(name, tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_DATA", str(make_project(tmp_path / "data", hostile=False)))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(ROOT / "notebooks")}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    shown = "\n".join(output.get("text", "") or output["data"]["text/plain"] for output in outputs)
    for wanted in SHOWN[name]:
        assert wanted in shown
