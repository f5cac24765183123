"""The data statement."""

from __future__ import annotations


def test_the_data_statement_says_what_is_known_and_what_is_not(dataset):
    text = (dataset / "DATA_STATEMENT.md").read_text("utf-8")
    assert "| reviews | files | MIT | 7 |" in text
    assert "Binding licence: CC BY 4.0." in text
    assert "agreement is unknown" in text
    assert "| consistency | 1.000 |" in text
    assert "who wrote the texts" in text
