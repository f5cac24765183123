"""What the data speak about."""

from __future__ import annotations

from tests.report.pages import table


def test_each_test_record_stands_beside_the_train_record_nearest_in_meaning(document):
    shown = table(document, "coverage", "closest")["rows"]
    alike = [row[0] for row in shown]
    assert alike == sorted(alike, reverse=True)
    assert all(row[3] != row[4] for row in shown)
