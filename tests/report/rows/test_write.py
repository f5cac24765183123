"""Every list beside the page: complete, readable, and the same bytes twice."""

from __future__ import annotations

import csv
import io

import pyarrow.parquet as pq
import pytest

from pipeline.report.document import build
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
from pipeline.report.render import render
from pipeline.report.rows.lists import ABOUT, LISTS
from pipeline.report.rows.write import write_lists
from pipeline.runtime.store import read_table
from tests.report.conftest import TASK, make_project


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return load_inputs(make_project(tmp_path_factory.mktemp("lists") / "data", 60), TASK, Params(max_rows=2))


@pytest.fixture(scope="module")
def written(inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    return folder, write_lists(inputs, folder)


def rows_of(folder, name):
    return pq.read_table(folder / f"{name}.parquet").to_pylist()


def csv_of(folder, name):
    return list(csv.DictReader(io.StringIO((folder / f"{name}.csv").read_text("utf-8-sig"))))


def test_every_count_leads_to_all_its_rows(inputs, written):
    folder, counts = written
    gone = sum(inputs.report(stage)["dropped"] for stage in ("collect", "clean", "label", "augment"))
    assert counts["dropped"] == len(rows_of(folder, "dropped")) == len(csv_of(folder, "dropped")) == gone
    assert counts["review"] == 8
    assert counts["duplicates"] == 2
    assert counts["augmented"] == 6
    for name in counts:
        assert name in LISTS
        assert set(ABOUT[:3]) <= set(pq.read_schema(folder / f"{name}.parquet").names), name


def test_texts_are_whole_and_known_by_source(inputs, written):
    folder, _ = written
    by_id = {row["record_id"]: row for row in rows_of(folder, "review")}
    records = inputs.records_by_id(by_id)
    for id, row in by_id.items():
        assert row["text"] == records[id].fields["text"]
        assert (row["source"], row["row"]) == (records[id].source.name, records[id].source.row)
        assert row["label"] == row["given"]


def test_what_a_spreadsheet_would_run_is_defused_in_csv_and_raw_in_parquet(tmp_path):
    data = make_project(tmp_path / "data", 60, hostile=False)
    inputs = load_inputs(data, TASK, Params())
    table = read_table(data / "clean/review.parquet")
    detail = table.column_names.index("detail")
    values = ["=1+1", "@name hello", "-5", "-x", "plain", None, "+49 30", "\tx"]
    import pyarrow as pa

    pq.write_table(table.set_column(detail, "detail", pa.array(values)), data / "clean/review.parquet")
    write_lists(inputs, tmp_path / "tables")
    assert [row["detail"] for row in rows_of(tmp_path / "tables", "review")] == values
    shown = [row["detail"] for row in csv_of(tmp_path / "tables", "review")]
    assert shown == ["'=1+1", "'@name hello", "-5", "'-x", "plain", "", "'+49 30", "'\tx"]


def test_a_list_without_rows_has_no_file_and_a_page_of_nothing_no_lists(tmp_path):
    assert write_lists(load_inputs(tmp_path / "none", TASK, Params()), tmp_path / "tables") == {}
    assert list((tmp_path / "tables").iterdir()) == []


def test_the_page_names_and_links_each_file_beside_its_table(inputs, written):
    folder, counts = written
    page = render(build(inputs, counts))
    for name in ("dropped", "review", "duplicates", "augmented"):
        assert f'href="tables/{name}.csv"' in page
        assert f'href="tables/{name}.parquet"' in page
        assert (folder / f"{name}.csv").is_file()
    assert 'href="tables/' not in render(build(inputs))
