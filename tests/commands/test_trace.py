from __future__ import annotations

import argparse
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.commands import trace
from pipeline.commands.trace import page, run, tell
from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Source
from pipeline.runtime import find_records
from pipeline.runtime.columns import schema
from pipeline.runtime.find_records import find, rows_of
from pipeline.runtime.store import read_table, to_records, to_table, write_table
from tests.report.conftest import TASK, make_project


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("trace") / "data", hostile=False)


def of(data, file: str):
    return list(to_records(read_table(data / file)))


def told(data, id: str) -> str:
    return "\n".join(page(tell(data, id)))


def test_a_kept_record_tells_source_edits_label_and_split(data):
    record = next(r for r in of(data, "augment/records.parquet") if any(c.step == "repair_text" for c in r.history))
    text = told(data, record.id)
    assert f"record {record.id}" in text
    assert f"{record.source.locator}, row {record.source.row}" in text
    assert "clean      repair_text: fields.text" in text
    assert f"decided by {record.labels_by.who}" in text
    assert f"split      {record.split}" in text
    assert "exported   no" in text


def test_a_copy_names_the_record_it_copies_and_that_one_its_copies(data):
    gone = read_table(data / "clean/dropped.parquet").to_pylist()
    text = told(data, gone[0]["id"])
    assert f"dropped    in clean, step exact_duplicates: exact_duplicate, because of {gone[0]['other_id']}" in text
    assert "exported" not in text
    kept = tell(data, gone[0]["other_id"])
    assert {copy["id"] for copy in kept["copies"]} == {row["id"] for row in gone}


def test_a_quarantined_row_tells_why(data):
    [gone] = of(data, "collect/dropped.parquet")
    text = told(data, gone.id)
    assert "dropped    in collect, step read: unknown_label" in text
    assert "'posi' is not among task.labels" in text


def test_parents_and_children_find_each_other(data):
    child = next(r for r in of(data, "augment/records.parquet") if r.parent_id)
    assert f"made from {child.parent_id}" in told(data, child.id)
    assert child.id in told(data, child.parent_id)
    refused = next(r for r in of(data, "augment/dropped.parquet") if r.parent_id)
    assert f"{refused.id} (dropped: meaning_changed)" in told(data, refused.parent_id)


def test_doubts_about_the_label_are_told(data):
    doubted = read_table(data / "clean/review.parquet").column("record_id")[0].as_py()
    assert "review     label_error: given" in told(data, doubted)


def test_a_record_is_found_by_prefix_and_by_chinese_words(data):
    record = of(data, "augment/records.parquet")[0]
    assert record.id in find(data, record.id[:8].upper())
    found = find(data, "物流太慢")
    assert found
    assert all("物流太慢" in text for text in found.values())


def test_unknown_ids_name_those_that_look_alike(data):
    id = of(data, "augment/records.parquet")[0].id
    with pytest.raises(PipelineError) as error:
        find(data, id[:-1] + ("0" if id[-1] != "0" else "1"))
    assert f"Did you mean {id}" in error.value.hint


def test_several_matches_are_listed(data, capsys):
    run(argparse.Namespace(data=data, record="s", json=False))
    shown = capsys.readouterr().out
    assert "records fit 's'" in shown
    assert "... and" in shown
    run(argparse.Namespace(data=data, record="s", json=True))
    assert set(json.loads(capsys.readouterr().out)) == set(find(data, "s"))


def test_no_data_and_no_words_are_refused(tmp_path, data):
    with pytest.raises(PipelineError, match="holds no records yet"):
        find(tmp_path, "x")
    with pytest.raises(PipelineError, match="nothing to look for"):
        find(data, "  ")


def test_json_holds_the_whole_lineage(data, capsys):
    record = of(data, "augment/records.parquet")[0]
    run(argparse.Namespace(data=data, record=record.id, json=True))
    lineage = json.loads(capsys.readouterr().out)
    assert (lineage["id"], lineage["split"], lineage["dropped"]) == (record.id, record.split, None)
    assert [one["stage"] for one in lineage["stages"]] == ["collect", "clean", "label", "augment"]


def test_the_exported_file_is_named(data, tmp_path):
    import pyarrow as pa

    from pipeline.runtime.store import write_table

    record = of(data, "augment/records.parquet")[0]
    file = data / "validate/dataset/data/train-00000-of-00001.parquet"
    write_table(pa.table({"id": [record.id]}), file)
    try:
        assert f"exported   {file.as_posix()}" in told(data, record.id)
    finally:
        file.unlink()


def test_a_search_stops_after_so_many_records(data, monkeypatch, capsys):
    monkeypatch.setattr(find_records, "MOST", 12)
    monkeypatch.setattr(trace, "MOST", 12)
    assert len(find(data, "s")) == 12
    run(argparse.Namespace(data=data, record="s", json=False))
    assert "at least 12 records fit 's'" in capsys.readouterr().out


def test_whole_rows_are_read_of_those_row_groups_only_that_hold_the_record(tmp_path):
    table = pa.Table.from_pylist(
        [{"id": f"{n:03}", "turns": [{"role": "user", "content": f"no {n}"}]} for n in range(90)]
    )
    pq.write_table(table, tmp_path / "many.parquet", row_group_size=20)
    assert rows_of(tmp_path / "many.parquet", "id", "047") == [table.slice(47, 1).to_pylist()[0]]
    assert rows_of(tmp_path / "many.parquet", "id", "none") == []
    assert rows_of(tmp_path / "many.parquet", "parent_id", "047") == []


def test_a_record_is_found_by_its_sources_own_key(tmp_path):
    source = Source("shop", "files", "data/raw/orders.csv", 3, "MIT", "train", key="order-4711")
    one = Record(id="a" * 20, fields={"text": "the text"}, source=source, target="good", lang="en")
    write_table(to_table([one], schema(TASK)), tmp_path / "collect/records.parquet")
    assert list(find(tmp_path, "order-4711")) == [one.id]
    with pytest.raises(PipelineError, match="no record has the id or text 'order-47'"):
        find(tmp_path, "order-47")
