"""Steps that look through an encoder leave out what it cannot read, and say so."""

import logging
from dataclasses import replace

import pytest

from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.clean.label_errors.step import find_label_errors
from pipeline.clean.step import Context
from pipeline.clean.steps.semantic_duplicates import SemanticDuplicates, drop_semantic_duplicates
from pipeline.clean.unsupported_languages import read_rows
from pipeline.modeling.models import Model, Models
from tests.clean.records import TASK, make, table


@pytest.fixture
def english(tmp_path):
    """A context whose encoder knows English words alone; it has no weights, so whoever embeds fails."""
    from tokenizers import BertWordPieceTokenizer

    tokenizer = BertWordPieceTokenizer(lowercase=True)
    tokenizer.train_from_iterator(["a good film and a bad day"], vocab_size=120, min_frequency=1, show_progress=False)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return Context(TASK, Models(encoder=Model(name=str(tmp_path))))


CHINESE = [replace(make(f"质量很好，非常满意{n}", "good" if n % 2 else "bad"), lang="zh") for n in range(80)]


def test_rows_of_a_language_that_is_not_read_are_left_out_with_the_remedy(english, caplog):
    records = [make("a good film", lang="en"), *CHINESE, make("a bad day", lang="en")]
    with caplog.at_level(logging.WARNING, logger="pipeline"):
        rows, notes = read_rows(records, english)
    assert rows == [0, 81]
    assert notes["unread_records"] == 80
    assert "Name an encoder for these languages" in caplog.text
    assert read_rows([records[0]], english) == ([0], {})
    assert read_rows([], english) == ([], {})


def test_label_errors_stop_where_nothing_can_be_read(english):
    outcome = find_label_errors(table(CHINESE), LabelErrors(), english)
    assert outcome.kept.num_rows == 80
    assert outcome.notes["applies"] is False
    assert outcome.notes["unread"]["zh"] > 0.2
    assert outcome.notes["why"] == "models.encoder does not read the language of any record"
    assert "tfidf" in outcome.notes["unread_remedy"]


def test_semantic_duplicates_stop_too(english):
    outcome = drop_semantic_duplicates(table([*CHINESE, CHINESE[0]]), SemanticDuplicates(), english)
    assert outcome.kept.num_rows == 81
    assert outcome.notes["unread_records"] == 81
