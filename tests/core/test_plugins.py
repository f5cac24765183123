"""Entry points of installed packages add to the registries."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from pipeline.core import registry
from pipeline.core.errors import PipelineError
from pipeline.core.registry import Entry, plugin_versions, with_plugins
from pipeline.core.settings import NoSettings

OWN = {"mine": Entry(NoSettings, len)}
THEIRS = Entry(NoSettings, sum)
NO_ENTRY = 3

PLUGIN = """
from pipeline.core.registry import Entry
from pipeline.core.settings import Settings
from pipeline.runtime.stage import Drop


class Shouting(Settings):
    most: int = 3


def quiet(row, ledger):
    return Drop("shouting") if row.text.isupper() else None


def drop_shouting(table, settings, context):
    return context.drop_where(table, "drop_shouting", quiet)


STEP = Entry(Shouting, drop_shouting)
"""


def points(monkeypatch: pytest.MonkeyPatch, **found: str) -> None:
    made = tuple(EntryPoint(name, value, "sft.steps") for name, value in found.items())
    monkeypatch.setattr(registry, "_entry_points", lambda group: made if group == "sft.steps" else ())


def test_what_a_package_offers_stands_beside_ours(monkeypatch):
    points(monkeypatch, theirs=f"{__name__}:THEIRS")
    assert with_plugins(OWN, "sft.steps") == {**OWN, "theirs": THEIRS}
    assert with_plugins(OWN, "sft.sources") == OWN


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("mine", "THEIRS", "'mine' of sft.steps is taken"),
        ("other", "MISSING", "does not load"),
        ("other", "NO_ENTRY", "is no Entry"),
    ],
)
def test_a_bad_plugin_is_named(monkeypatch, name, value, wanted):
    points(monkeypatch, **{name: f"{__name__}:{value}"})
    with pytest.raises(PipelineError, match=wanted):
        with_plugins(OWN, "sft.steps")


def test_an_installed_package_brings_a_cleaning_step(tmp_path):
    """As users have it: a distribution on the path, found by a new process."""
    (tmp_path / "shouting.py").write_text(PLUGIN)
    info = tmp_path / "shouting-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shouting\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text("[sft.steps]\ndrop_shouting = shouting:STEP\n")
    program = """
import sys; sys.path.insert(0, sys.argv[1])
import sft
from pipeline.core.registry import plugin_versions
rows = [{"text": "STOP IT"}, {"text": "please stop"}]
result = sft.step("drop_shouting", rows, task={"type": "classification"})
print(len(result.kept), result.dropped[0]["reason"], plugin_versions())
"""
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True)
    assert done.stdout == "1 shouting ['shouting==1.2']\n", done.stderr


def test_no_plugin_is_installed_here():
    assert plugin_versions() == []
