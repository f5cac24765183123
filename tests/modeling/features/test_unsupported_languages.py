"""Languages that an encoder does not know, by its own tokenizer."""

import pytest

from pipeline.modeling.features.unsupported_languages import read_rows, readable_model, unread_languages, unread_notes
from pipeline.modeling.models import Model

ENGLISH = ["a good film and a bad day", "the film made me happy"]
CHINESE = ["质量很好，非常满意", "太差了，不推荐"]


@pytest.fixture
def english_tokenizer(tmp_path):
    """A folder whose tokenizer knows English words, pieces of them and a few characters."""
    from tokenizers import BertWordPieceTokenizer

    tokenizer = BertWordPieceTokenizer(lowercase=True)
    tokenizer.train_from_iterator(ENGLISH, vocab_size=120, min_frequency=1, show_progress=False)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return Model(name=str(tmp_path))


def test_a_language_of_unknown_tokens_is_named_with_its_share(english_tokenizer):
    shares = unread_languages([*ENGLISH, *CHINESE], ["en", "en", "zh", "zh"], english_tokenizer)
    assert list(shares) == ["zh"]
    assert shares["zh"] > 0.9
    notes = unread_notes(shares, english_tokenizer)
    assert notes["unread"] == shares
    assert "of the tokens in 'zh'" in str(notes["unread_remedy"])
    assert "tfidf" in str(notes["unread_remedy"])


def test_a_few_unknown_tokens_are_no_matter(english_tokenizer):
    texts = [f"{text} 好" for text in ENGLISH]
    assert unread_languages(texts, ["en", "en"], english_tokenizer) == {}


def test_tfidf_reads_all_and_no_texts_are_no_problem(english_tokenizer):
    assert unread_languages(CHINESE, ["zh", "zh"], Model(name="tfidf")) == {}
    assert unread_languages([], [], english_tokenizer) == {}
    assert unread_languages(["", " "], ["en", ""], english_tokenizer) == {}
    assert unread_notes({}, english_tokenizer) == {}


def test_an_encoder_of_bytes_knows_all(bert_folder):
    assert unread_languages([*ENGLISH, *CHINESE], ["en", "en", "zh", "zh"], Model(name=str(bert_folder))) == {}


def test_rows_that_are_read_and_the_model_that_reads_all(english_tokenizer):
    langs = ["en", "zh", "en", "zh"]
    texts = [ENGLISH[0], CHINESE[0], ENGLISH[1], CHINESE[1]]
    rows, notes = read_rows(texts, langs, english_tokenizer)
    assert (rows, notes["unread_records"]) == ([0, 2], 2)
    model, notes = readable_model(texts, langs, english_tokenizer)
    assert (model.name, notes["read_by"]) == ("tfidf", "tfidf")
    assert readable_model(ENGLISH, ["en", "en"], english_tokenizer) == (english_tokenizer, {})
    assert read_rows([], [], english_tokenizer) == ([], {})
