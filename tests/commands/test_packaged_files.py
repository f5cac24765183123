"""Files that a project starts from, and the version of the code behind a stage."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.commands import packaged_files as module
from pipeline.commands.packaged_files import code_version, is_code, shipped, shipped_stages


def test_a_clone_ships_its_own_files() -> None:
    assert shipped("dvc.yaml").is_file()
    assert {"collect", "clean", "label", "report"} <= set(shipped_stages())


@pytest.mark.parametrize(
    ("dependency", "code"),
    [("pipeline/clean", True), ("pipeline/core/record.py", True), ("data/raw", False), ("params.yaml", False)],
)
def test_code_is_told_from_data(dependency: str, code: bool) -> None:
    assert is_code(dependency) is code


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "pipeline"
    (folder / "clean").mkdir(parents=True)
    (folder / "clean/run.py").write_text("x = 1\n")
    (folder / "record.py").write_text("y = 1\n")
    monkeypatch.setattr(module, "_PACKAGE", folder)
    return folder


def test_the_version_changes_with_the_code_that_a_stage_can_run_and_with_nothing_else(package: Path) -> None:
    dependencies = ["pipeline/clean", "data/raw"]
    before = code_version(dependencies)
    (package / "record.py").write_text("y = 2\n")
    (package / "clean/__pycache__").mkdir()
    (package / "clean/__pycache__/run.pyc").write_bytes(b"x")
    assert code_version(dependencies) == before
    (package / "clean/run.py").write_text("x = 2\n")
    assert code_version(dependencies) != before


def test_order_and_repeats_of_dependencies_do_not_matter_but_names_do(package: Path) -> None:
    both = code_version(["pipeline/clean", "pipeline/record.py"])
    assert code_version(["pipeline/record.py", "pipeline/clean", "pipeline/clean/run.py"]) == both
    (package / "record.py").rename(package / "records.py")
    assert code_version(["pipeline/clean", "pipeline/records.py"]) != both


def test_an_installed_wheel_carries_what_a_clone_has(package: Path) -> None:
    assert shipped("dvc.yaml") == package.parent / "dvc.yaml"
    (package / "_project").mkdir()
    assert shipped("dvc.yaml") == package / "_project/dvc.yaml"
