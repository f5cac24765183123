"""The package as strangers have it: a wheel, no clone. The tutorial is typed as it stands in docs/tutorial.md."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.conftest import ROOT
from tests.project import STAGES, cache_with, stages_in
from tests.test_own_data import MAILS, write_mails

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the tracked files alone."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    for name in names.stdout.splitlines():
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(out),
    ]
    done = subprocess.run([*pip, str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the wheel is installed, and not this clone, beside the packages that run the tests."""
    site = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    cache = cache_with("packages", "models", folder=tmp_path_factory.mktemp("cache"))
    kept = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    return {
        **kept,
        "PYTHONPATH": str(site),
        "PATH": f"{site / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "SFT_CACHE": str(cache),
        "GIT_AUTHOR_NAME": "test",
        "GIT_AUTHOR_EMAIL": "test@localhost",
        "GIT_COMMITTER_NAME": "test",
        "GIT_COMMITTER_EMAIL": "test@localhost",
    }


def run(command: str, folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(shlex.split(command), cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout + done.stderr


def blocks() -> list[tuple[str, str, str]]:
    """(kind, file, text) of every fenced block of the tutorial, in order."""
    text = (ROOT / "docs/tutorial.md").read_text("utf-8")
    return re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", text, re.S | re.M)


def put_in_place(file: Path, text: str) -> None:
    """The sections of a YAML text in place of those of the file."""
    yaml = YAML()
    params = yaml.load(file.read_text("utf-8"))
    for section, values in yaml.load(text).items():
        params[section] = values
    yaml.dump(params, file)


def test_the_package_that_runs_is_the_wheel(installed, tmp_path):
    where = run(
        f"{sys.executable} -c 'import pipeline, sft; print(pipeline.__file__, sft.__file__)'", tmp_path, installed
    )
    assert where.count(installed["PYTHONPATH"]) == 2
    listed = run("sft init --list", tmp_path, installed)
    assert "classification" in listed


def test_what_the_tutorial_says(installed, tmp_path):
    """From an empty folder and a CSV to a report, each command as it is written."""
    folder, ran = tmp_path, []
    for kind, name, text in blocks():
        if kind == "csv":
            assert text.splitlines()[0] == "body,topic"
            write_mails(folder / name, MAILS["README.md"])
        elif kind == "yaml":
            put_in_place(folder / name, text)
        elif kind == "console":
            for command in text.splitlines():
                if command.startswith("cd "):
                    folder = folder / command.removeprefix("cd ")
                elif not command.startswith(("python -m venv", "source ", "pip install")):  # the fixture has done that
                    ran.append((command, run(command, folder, installed)))
    output = dict(ran)
    first, second = (said for command, said in ran if command == "dvc repro")
    assert stages_in(first.replace("'code'", "code")) == list(STAGES)
    assert stages_in(second.replace("'code'", "code")) == []
    assert "Running stage 'code'" in second
    assert "billing" in output['sft predict --text "The invoice is wrong"']
    page = (folder / "data/report/quality.html").read_text("utf-8")
    assert page.lower().startswith("<!doctype html>")
    assert "unknown_label" in (folder / "data/collect/report.json").read_text("utf-8")
    rows = json.loads((folder / "data/collect/report.json").read_text("utf-8"))
    assert rows["kept"] + rows["dropped"] == rows["in"] + rows["added"]
    assert (folder / "projects/entities/dvc.yaml").is_file()
    assert not (folder / "projects/entities/.dvc").exists()
    check_upgrade(folder, installed)


def check_upgrade(folder: Path, installed: dict[str, str]) -> None:
    """Code of one stage changes in the installed package: that stage runs again, and none whose input stayed."""
    step = Path(installed["PYTHONPATH"]) / "pipeline/report/fixes.py"
    before = step.read_text("utf-8")
    params = (folder / "params.yaml").read_bytes()
    try:
        step.write_text(before + "\n# another version\n", "utf-8")
        again = run("dvc repro", folder, installed)
    finally:
        step.write_text(before, "utf-8")
    assert stages_in(again.replace("'code'", "code")) == ["report"]
    assert (folder / "params.yaml").read_bytes() == params


def test_a_bare_environment_builds_a_dataset_without_torch(wheel, tmp_path):
    """A virtual environment with the core alone, from the package index; the sample of a shipped project."""
    if os.environ.get("SFT_BARE_INSTALL") != "1":
        pytest.skip("installs some hundred packages from the index: SFT_BARE_INSTALL=1 (CI does)")
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "bare")], check=True)
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    uv = shutil.which("uv")
    pip = [uv, "pip", "install", "--python", "bare/bin/python"] if uv else ["bare/bin/pip", "install"]
    subprocess.run([*pip, "--quiet", str(wheel)], cwd=tmp_path, env=environment, check=True)
    assert not list((tmp_path / "bare").rglob("site-packages/torch"))
    environment |= {"PATH": f"{tmp_path / 'bare/bin'}:{os.environ['PATH']}", "SFT_CACHE": str(tmp_path / "cache")}
    check_core(tmp_path / "project", environment)


def check_core(folder: Path, environment: dict[str, str]) -> None:
    folder.mkdir()
    said = run("sft init classification", folder, environment)
    assert "next: dvc repro validate" in said
    ran = run("dvc repro validate", folder, environment)
    assert stages_in(ran.replace("'code'", "code")) == ["collect", "clean", "label", "augment", "validate"]
    assert (folder / "data/validate/dataset/README.md").is_file()
    with (folder / "data/raw/samples/classification/mails_en.csv").open(encoding="utf-8") as stream:
        assert len(list(csv.reader(stream))) > 20
    refused = subprocess.run(
        shlex.split("dvc repro train"), cwd=folder, env=environment, capture_output=True, text=True
    )
    assert "pip install 'sft-data-pipeline[train]'" in refused.stdout + refused.stderr
