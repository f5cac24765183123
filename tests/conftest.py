"""What all tests share: no network, a cache of their own, the folder of public data sets."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("DVC_NO_ANALYTICS", "1")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "False")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# The same examples every time, and no deadline: a busy machine is not a failure.
settings.register_profile("project", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("project")


def load_tool(name: str) -> ModuleType:
    """`tools/<name>.py` as a module: tools are scripts, in no package, and find each other in their folder."""
    if str(ROOT / "tools") not in sys.path:
        sys.path.append(str(ROOT / "tools"))
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec
    assert spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def written(path: Path) -> dict[str, bytes]:
    """The bytes of what a stage wrote: of a file, or of every file of a folder."""
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    assert files, path
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in files}


@pytest.fixture
def shared_data() -> Path:
    """The folder of public data sets beside the project (or `$SHARED_DATA`); skips where there is none."""
    folder = Path(os.environ.get("SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"public data sets not found: set SHARED_DATA (looked in {folder.name})")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that hold a slow test go first, so that no worker is left alone with a whole-pipeline run at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests counted (`record_property("counts", ...)`), one line each."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    counts = [value for r in reports for name, value in getattr(r, "user_properties", ()) if name == "counts"]
    if counts:
        terminalreporter.section("counts")
        for line in sorted(set(counts)):
            terminalreporter.line(str(line))
