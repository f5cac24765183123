"""Every record that breaks an expectation is listed, as many as the library counts."""

from __future__ import annotations

from collections import Counter

import pyarrow.parquet as pq

from pipeline.core.settings import Task
from pipeline.runtime.store import read_json
from tests.validate.conftest import review, sound_reviews

TASK = Task(type="classification", labels=("negative", "positive"), languages=("en", "zh"))
SUITE = [
    {"expect": "length_between", "column": "text", "max": 5, "severity": "warn"},
    {"expect": "unique", "column": "label", "severity": "warn"},
    {"expect": "in_languages", "severity": "warn"},
    {"expect": "in_declared_labels", "severity": "warn"},
    {"expect": "values_present", "column": "text", "severity": "warn"},
    {"expect": "number_between", "column": "label_confidence", "min": 0.5, "severity": "warn"},
    {"expect": "no_conflicting_labels", "severity": "warn"},
    {"expect": "rows_between", "min": 2},
]


def test_the_list_has_as_many_rows_as_the_report_counts(project):
    bad = [review("x1", "bad", "unheard", lang="de"), review("x2", "中文一样长的句子", "positive"), review("x3", " ")]
    out = project.write([*sound_reviews(), *bad], SUITE, TASK).validate()
    found = pq.read_table(out / "failing.parquet").to_pylist()
    counted = {one["key"]: one["unexpected"] for one in read_json(out / "report.json")["expectations"]}
    listed = Counter(row["check"] for row in found)
    assert listed == {key: n for key, n in counted.items() if n}
    assert len(listed) >= 5
    row = next(row for row in found if row["expect"] == "in_languages")
    assert (row["record_id"], row["why"], row["severity"]) == ("x1", "de", "warn")
    assert next(row["why"] for row in found if row["expect"] == "values_present") == "no value"


def test_a_sound_dataset_has_an_empty_list(project):
    out = project.write(sound_reviews(), [{"expect": "in_languages"}], TASK).validate()
    assert pq.read_table(out / "failing.parquet").num_rows == 0
