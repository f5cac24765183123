"""The engine: the same results in this process and on Daft; a Ray cluster is tried by benchmarks/cluster.py."""

import importlib.util
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.clean.step import Context
from pipeline.clean.steps.near_duplicates import NearDuplicates, drop_near_duplicates
from pipeline.clean.steps.repair_text import RepairText, repair_text
from pipeline.core.errors import PipelineError
from pipeline.core.settings import parse
from pipeline.runtime import engine
from pipeline.runtime.engine import Engine, load_engine
from tests.clean.records import TASK, make, table

ROWS = [make(f"record number {n} of &amp; 第{n}条", key=str(n)) for n in range(40)] + [make("alike &lt;b&gt; 一样")]
ENGINES = [Engine(rows=7), Engine(kind="daft", rows=16, window=2)]


def lengths(part: pa.Table) -> list[int]:
    return [len(id) for id in part.column("id").to_pylist()]


def fails(part: pa.Table) -> None:
    raise ValueError("no such thing")


@pytest.mark.parametrize("which", ENGINES, ids=["local", "daft"])
def test_parts_come_back_in_order_and_empty_tables_are_one_part(which):
    rows = table(ROWS)
    assert [n for part in which.map(lengths, rows) for n in part] == lengths(rows)
    assert list(which.map(lengths, rows.slice(0, 0))) == [[]]


@pytest.mark.parametrize("which", ENGINES, ids=["local", "daft"])
@pytest.mark.parametrize(
    "step",
    [partial(repair_text, settings=RepairText()), partial(drop_near_duplicates, settings=NearDuplicates(review=0.5))],
    ids=["repair_text", "near_duplicates"],
)
def test_every_engine_gives_what_one_process_gives(which, step):
    plain, mapped = (step(table(ROWS), context=Context(TASK, engine=kind)) for kind in (Engine(), which))
    assert mapped.kept.equals(plain.kept)
    assert mapped.dropped.equals(plain.dropped)
    assert (mapped.notes, mapped.changed) == (plain.notes, plain.changed)


def test_parts_that_a_dead_node_took_are_done_again_and_not_for_ever(monkeypatch):
    daft = engine._daft("daft", None)
    read, deaths = daft.DataFrame.to_pydict, ["first run of a window", "its second run"]
    cluster = Engine(kind="ray", address="auto", rows=7, window=3)

    def dies(frame):
        if deaths:
            raise RuntimeError(deaths.pop(0))
        return read(frame)

    monkeypatch.setattr(engine, "_daft", lambda *_: daft)
    monkeypatch.setattr(daft.DataFrame, "to_pydict", dies)
    assert [n for part in cluster.map(lengths, table(ROWS)) for n in part] == lengths(table(ROWS))
    assert not deaths
    deaths[:] = ["once", "twice", "thrice"]
    with pytest.raises(PipelineError, match="thrice"):
        list(cluster.map(lengths, table(ROWS)))


def test_what_a_function_raises_reaches_the_stage_as_it_is():
    with pytest.raises(ValueError, match="no such thing"):
        list(ENGINES[1].map(fails, table(ROWS)))


@pytest.mark.parametrize("section", ["{kind: ray}", "{kind: local, address: auto}", "{kind: spark}", "{row: 3}"])
def test_wrong_settings_are_refused(tmp_path, section):
    (tmp_path / "params.yaml").write_text(f"engine: {section}\n", "utf-8")
    with pytest.raises(PipelineError, match="engine"):
        load_engine(tmp_path / "params.yaml")


def test_the_section_may_be_missing_but_not_misspelt(tmp_path: Path):
    path = tmp_path / "params.yaml"
    assert load_engine(path) == Engine(), "texts are embedded outside of projects too"
    path.write_text("task: {}\n", "utf-8")
    assert load_engine(path) == Engine()
    path.write_text("engin: {kind: daft}\n", "utf-8")
    with pytest.raises(PipelineError, match="looks like it"):
        load_engine(path)


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="ray is installed")
def test_a_cluster_without_ray_installed_names_the_install_line():
    cluster = parse({"kind": "ray", "address": "auto"}, Engine, "params.yaml: engine")
    with pytest.raises(PipelineError, match="pip install"):
        list(cluster.map(lengths, table(ROWS)))
