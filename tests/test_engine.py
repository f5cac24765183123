"""The engine: the same results in this process and on Daft; a Ray cluster is tried by benchmarks/cluster.py."""

import importlib.util
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.clean.step import Context
from pipeline.clean.steps.near_duplicates import NearDuplicates, drop_near_duplicates
from pipeline.clean.steps.repair_text import RepairText, repair_text
from pipeline.engine import Engine, load_engine
from pipeline.errors import PipelineError
from pipeline.settings import parse
from tests.clean.records import TASK, make, table

ROWS = [make(f"record number {n} of &amp; 第{n}条", key=str(n)) for n in range(40)] + [make("alike &lt;b&gt; 一样")]
ENGINES = [Engine(rows=7), Engine(kind="daft", rows=16, window=2)]


def lengths(part: pa.Table) -> list[int]:
    return [len(id) for id in part.column("id").to_pylist()]


def fails(part: pa.Table) -> None:
    raise ValueError("no such thing")


@pytest.mark.parametrize("engine", ENGINES, ids=["local", "daft"])
def test_parts_come_back_in_order_and_empty_tables_are_one_part(engine):
    rows = table(ROWS)
    assert [n for part in engine.map(lengths, rows) for n in part] == lengths(rows)
    assert list(engine.map(lengths, rows.slice(0, 0))) == [[]]


@pytest.mark.parametrize("engine", ENGINES, ids=["local", "daft"])
@pytest.mark.parametrize(
    "step",
    [partial(repair_text, settings=RepairText()), partial(drop_near_duplicates, settings=NearDuplicates(review=0.5))],
    ids=["repair_text", "near_duplicates"],
)
def test_every_engine_gives_what_one_process_gives(engine, step):
    plain, mapped = (step(table(ROWS), context=Context(TASK, engine=which)) for which in (Engine(), engine))
    assert mapped.kept.equals(plain.kept)
    assert mapped.dropped.equals(plain.dropped)
    assert (mapped.notes, mapped.changed) == (plain.notes, plain.changed)


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
    path.write_text("task: {}\n", "utf-8")
    assert load_engine(path) == Engine()
    path.write_text("engin: {kind: daft}\n", "utf-8")
    with pytest.raises(PipelineError, match="looks like it"):
        load_engine(path)


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="ray is installed")
def test_a_cluster_without_ray_installed_names_the_install_line():
    engine = parse({"kind": "ray", "address": "auto"}, Engine, "params.yaml: engine")
    with pytest.raises(PipelineError, match="pip install"):
        list(engine.map(lengths, table(ROWS)))
