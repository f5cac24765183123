import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.record import Span
from pipeline.modeling.features.tagging_units import best_tags, speakers, tag_names, to_spans, to_tags, units
from pipeline.modeling.heads.scratch import make_tokenizer, vocabulary

LABELS = ("人", "place")


def surfaces(text):
    return [text[a:b] for a, b in units(text)]


def test_units_are_words_characters_and_signs():
    assert surfaces("Hi 你好!") == ["Hi", "你", "好", "!"]
    assert surfaces("U.S.-based😀 naïve_2") == ["U", ".", "S", ".", "-", "based", "😀", "naïve", "_", "2"]
    assert tag_names(LABELS) == ["O", "B-人", "I-人", "B-place", "I-place"]


@given(st.text(alphabet="ab 你好😀.", max_size=30), st.data())
def test_spans_on_unit_borders_come_back_exactly(text, data):
    bounds = units(text)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(bounds)), max_size=8)))
    spans: list[Span] = [
        {"start": bounds[a][0], "end": bounds[b - 1][1], "label": data.draw(st.sampled_from(LABELS))}
        for a, b in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    tags = to_tags(spans, bounds, LABELS)
    assert [span for span, _ in to_spans(tags, bounds, LABELS)] == spans


def test_neighbouring_spans_of_one_type_stay_two_and_stray_insides_begin_one():
    bounds = [(n, n + 1) for n in range(4)]
    assert [s["start"] for s, _ in to_spans([1, 1, 2, 4], bounds, LABELS)] == [0, 1, 3]


def test_the_best_sequence_never_holds_a_stray_inside():
    likely = np.log(np.array([[0.2, 0.2, 0.5, 0.05, 0.05], [0.1, 0.1, 0.1, 0.1, 0.6], [0.1, 0.1, 0.6, 0.1, 0.1]]))
    tags = best_tags(likely)
    assert tags != likely.argmax(axis=1).tolist()
    for before, tag in zip([0, *tags], tags, strict=False):
        assert tag % 2 or tag == 0 or before in (tag, tag - 1)
    assert best_tags(np.zeros((0, 5))) == []


@pytest.mark.parametrize("text", ["Ann lives in 北京, OK? 😀 x", "  北京😀Ann"])
def test_every_unit_has_one_token_that_speaks_for_it(text):
    tokenizer = make_tokenizer([text])
    found = tokenizer(text, return_offsets_mapping=True)
    assert tokenizer.unk_token_id not in found["input_ids"]
    bounds = units(text)
    spoken = [unit for unit in speakers(found["offset_mapping"], bounds) if unit >= 0]
    assert spoken == list(range(len(bounds)))


def test_a_vocabulary_holds_all_letters_and_frequent_words_in_a_fixed_order():
    texts = ["Ann saw 北京", "Ann saw Bo", "Ann saw 😀"]
    found = vocabulary(texts)
    assert found == vocabulary(list(reversed(texts)))
    assert {"Ann", "saw", "北", "##B", "😀"} <= set(found)
    assert "Bo" not in found
    tokenizer = make_tokenizer(texts)
    assert tokenizer.tokenize("Ann swaB") == ["Ann", "s", "##w", "##a", "##B"]
