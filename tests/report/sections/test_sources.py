"""Sources, from reading to the dataset."""

from __future__ import annotations

from tests.report.pages import table


def test_sources_are_counted_from_reading_to_the_dataset(document):
    rows = {row[0]: row[3:7] for row in table(document, "sources", "sources")["rows"]}
    assert rows == {"tweets": ["MIT", 30, 0, 28], "reviews": ["CC-BY-4.0", 29, 1, 29]}
