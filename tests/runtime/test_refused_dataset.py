"""The note in the place of a dataset that `validate` refused, and who heeds it."""

from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError
from pipeline.runtime.refused_dataset import MARK, check_exported, is_refused, write_refused


def test_the_note_replaces_an_older_dataset_and_stops_its_readers(tmp_path):
    dataset = tmp_path / "dataset"
    (dataset / "data").mkdir(parents=True)
    check_exported(dataset)
    check_exported(tmp_path / "none")
    write_refused(dataset, "验证：12 条记录泄漏")
    assert [one.name for one in dataset.iterdir()] == [MARK]
    assert "12 条记录泄漏" in (dataset / MARK).read_text("utf-8")
    with pytest.raises(PipelineError, match="exported nothing"):
        check_exported(dataset)


@pytest.mark.parametrize(
    ("expectations", "refused"),
    [
        ([], False),
        ([{"passed": True, "severity": "error"}, {"passed": False, "severity": "warn"}], False),
        ([{"passed": True, "severity": "error"}, {"passed": False, "severity": "error"}], True),
    ],
)
def test_an_error_that_failed_refuses_the_dataset_and_a_warning_does_not(expectations, refused):
    assert is_refused({"expectations": expectations}) is refused


def test_a_report_without_expectations_refuses_nothing():
    assert not is_refused({})
    assert not is_refused({"awaiting_labels": True})
