"""What breaks around a run: disk, rights, cache, clock. A clear message, old outputs kept, the next run right."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.init import start
from pipeline.core import cache
from pipeline.core.cache import cached, trim
from pipeline.core.errors import PipelineError
from tests.conftest import ROOT, written

NOBODY = 65534


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The classification sample, collected."""
    folder = tmp_path_factory.mktemp("sample")
    start("classification", folder)
    done = stage(folder, "collect")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def project(template: Path) -> Iterator[Path]:
    """A copy of it that other users can reach."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    shutil.copytree(template, folder / "project")
    (folder / "project").chmod(0o755)
    yield folder / "project"
    subprocess.run(["umount", "-q", folder / "project/data/collect"], check=False)
    shutil.rmtree(folder)


def stage(folder: Path, name: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """`python -m pipeline.<collect or clean>` in the project."""
    inputs = {"collect": ["data/raw"], "clean": ["data/collect", "data/annotations/decisions"]}[name]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SFT_CACHE": ".cache"} | more.pop("env", {})
    without = more.pop("without", ())
    command = [*more.pop("prefix", ()), sys.executable, "-m", f"pipeline.{name}", *inputs, f"data/{name}"]
    environment = {key: value for key, value in environment.items() if key not in without}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, **more)


def assert_refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert done.stderr.count("error:") == 1, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def assert_as_before(folder: Path, before: dict[str, bytes]) -> None:
    assert written(folder / "data/collect") == before
    assert not list(folder.glob("data/.*.unfinished*"))


def small_files(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_files_that_may_not_grow(project: Path) -> None:
    before = written(project / "data/collect")
    assert_refused(stage(project, "collect", preexec_fn=small_files(500)), "ulimit -f", "run the same command again")
    assert_as_before(project, before)
    assert stage(project, "collect").returncode == 0
    assert_as_before(project, before)


@pytest.mark.parametrize("size", ["4k", "24k"])
def test_a_full_disk(project: Path, size: str) -> None:
    data = project / "data/full"
    data.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(data)]
    if os.geteuid() or subprocess.run(options, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk; RLIMIT_FSIZE above stands for it")
    try:
        command = [sys.executable, "-m", "pipeline.collect", "data/raw", "data/full/collect"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
        assert_refused(done, "No space left on device", "Make room")
        assert list(data.iterdir()) == []
    finally:
        subprocess.run(["umount", data], check=True)


def as_nobody() -> list[str]:
    """What runs a command as another user; skips where that user cannot run this Python."""
    prefix = ["setpriv", f"--reuid={NOBODY}", "--clear-groups"]
    try:
        can = subprocess.run([*prefix, sys.executable, "-c", "import pipeline.core"], cwd=ROOT, capture_output=True)
    except FileNotFoundError:
        pytest.skip("setpriv is not installed")
    if os.geteuid() or can.returncode:
        pytest.skip("this user cannot act as another one, or that one cannot run this Python")
    return prefix


def test_folders_that_may_not_be_written(project: Path) -> None:
    before = written(project / "data/collect")
    assert_refused(stage(project, "collect", prefix=as_nobody()), "Permission denied", "Change the permissions")
    assert_as_before(project, before)


def test_a_cache_that_may_not_be_written(project: Path) -> None:
    prefix = as_nobody()
    (project / ".cache").mkdir(exist_ok=True)
    for path in (project / "data", project / "data/clean"):
        path.mkdir(exist_ok=True)
        path.chmod(0o777)
    assert_refused(stage(project, "clean", prefix=prefix), ".cache", "permissions")


def test_what_another_user_left_unfinished(project: Path) -> None:
    prefix = as_nobody()
    (project / "data").chmod(0o777)
    (project / "data/.collect.unfinished/sub").mkdir(parents=True)
    (project / "data/.collect.unfinished/sub/file").write_text("x")
    assert_refused(stage(project, "collect", prefix=prefix), ".collect.unfinished", "Change the permissions")
    assert stage(project, "collect").returncode == 0
    assert not (project / "data/.collect.unfinished").exists()


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_a_killed_run_left(project: Path, kind: str) -> None:
    before = written(project / "data/collect")
    stale = project / "data/.collect.unfinished"
    if kind == "folder":
        stale.mkdir()
        (stale / "report.json").write_text("{", "utf-8")
        (stale / "stray.txt").write_text("x", "utf-8")
    else:
        stale.write_text("x", "utf-8")
    assert stage(project, "collect").returncode == 0
    assert_as_before(project, before)


def test_a_file_in_the_place_of_the_cache(project: Path) -> None:
    shutil.rmtree(project / ".cache", ignore_errors=True)
    (project / ".cache").write_text("x", "utf-8")
    assert_refused(stage(project, "clean"), ".cache", "Move it away")


def test_no_home_and_a_user_without_a_name(project: Path) -> None:
    before = written(project / "data/collect")
    done = stage(project, "collect", without=("HOME", "USER", "LOGNAME"))
    assert done.returncode == 0, done.stderr
    assert_as_before(project, before)
    if not os.geteuid():
        for path in (project / "data", project / "data/collect", *(project / "data/collect").rglob("*")):
            os.chown(path, 54321, 54321)
        as_nobody()
        prefix = ["setpriv", "--reuid=54321", "--clear-groups"]
        done = stage(project, "collect", without=("HOME", "USER", "LOGNAME"), prefix=prefix)
        assert done.returncode == 0, done.stderr


# ------------------------------------------------------------------ the cache of results


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SFT_CACHE", str(tmp_path))
    return tmp_path


def upper(texts: list[str]) -> list[bytes]:
    return [text.upper().encode() for text in texts]


def never(texts: list[str]) -> list[bytes]:
    raise AssertionError(f"computed again: {texts}")


WORDS = [f"text {n}" for n in range(3_000)]
RIGHT = upper(WORDS)


def test_a_file_that_is_no_database_is_set_aside_and_said_once(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "records.sqlite").write_bytes(b"no database at all" * 100)
    for _ in range(2):
        assert cached("s", "1", WORDS[:9], upper) == RIGHT[:9]
    assert [r.message for r in caplog.records if "set aside as records.sqlite.damaged" in r.message] == [
        r.message for r in caplog.records
    ]
    assert len(caplog.records) == 1
    assert (folder / "records.sqlite.damaged").read_bytes().startswith(b"no database")
    assert cached("s", "1", WORDS[:9], never) == RIGHT[:9]


def right_or_told() -> list[bytes] | None:
    try:
        return cached("s", "1", WORDS, upper)
    except PipelineError as error:
        return None if "set aside" in str(error) else []


def test_a_database_with_broken_pages_is_never_wrong(folder: Path) -> None:
    """Each run is right or says that the file is set aside; the run after that is right."""
    cached("s", "1", WORDS, upper)
    with closing(sqlite3.connect(folder / "records.sqlite")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sound, told = (folder / "records.sqlite").read_bytes(), 0
    for place in range(100, len(sound), max(1, len(sound) // 25)):
        (folder / "records.sqlite").write_bytes(sound[:place] + b"\xff" * 600 + sound[place + 600 :])
        found = right_or_told()
        told += found is None
        assert (found or right_or_told()) == RIGHT
        for rest in folder.glob("records.sqlite*"):
            rest.unlink()
    assert told, "no damage was noticed"


def test_a_changed_value_is_computed_again(folder: Path) -> None:
    cached("s", "1", WORDS[:3], upper)
    with closing(sqlite3.connect(folder / "records.sqlite")) as connection, connection:
        connection.execute("UPDATE results SET value = x'00' WHERE value = ?", (RIGHT[1],))
    asked: list[str] = []
    assert cached("s", "1", WORDS[:3], lambda texts: asked.extend(texts) or upper(texts)) == RIGHT[:3]
    assert asked == [WORDS[1]]


def test_a_cache_of_an_earlier_version_is_read(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "records.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE results (key BLOB PRIMARY KEY, step TEXT, value BLOB) WITHOUT ROWID")
        connection.execute("INSERT INTO results VALUES (?, 's', ?)", (cache.key("s", "1", "a"), b"A"))
    assert cached("s", "1", ["a"], never) == [b"A"]
    assert cached("s", "1", ["a", "b"], upper) == [b"A", b"B"]


def test_a_clock_that_was_set_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cached("s", "1", WORDS[:3], upper)
    monkeypatch.setattr(cache, "_today", lambda: 1)
    assert cached("s", "1", WORDS[:4], upper) == RIGHT[:4]
    assert trim(days=1) == 0
    monkeypatch.undo()
    monkeypatch.setenv("SFT_CACHE", str(folder))
    assert trim(days=1) == 1
    assert cached("s", "1", WORDS[:3], never) == RIGHT[:3]


def test_a_full_disk_below_the_cache(folder: Path) -> None:
    program = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))\n" + (
        "from pipeline.core.cache import cached\nfrom pipeline.core.errors import exit_code\n"
        "big = lambda texts: [bytes(9_000) for _ in texts]\n"
        "raise SystemExit(exit_code(lambda: cached('s', '1', [str(n) for n in range(999)], big, batch=2)))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True)
    assert_refused(done, "records.sqlite", "Make room")
    assert cached("s", "1", ["0"], upper) in ([bytes(9_000)], [b"0"])
