"""What the tests of augment share."""

from pipeline.augment.run import run
from pipeline.runtime.store import read_json, read_table, to_records


def result(folder, name="out"):
    run(folder / "label", folder / name)
    report = read_json(folder / name / "report.json")
    assert report["in"] + report["added"] == report["kept"] + report["dropped"]
    return list(to_records(read_table(folder / name / "records.parquet"))), report
