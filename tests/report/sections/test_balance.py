"""Fields, lengths and classes of every split."""

from __future__ import annotations

from tests.report.pages import table


def test_fields_are_listed_with_what_is_missing(document):
    rows = {row[0]: row[1:] for row in table(document, "balance", "schema")["rows"]}
    assert rows["text"] == ["text", 62, 0, 0.0]
    assert rows["target"][0] == "text"
