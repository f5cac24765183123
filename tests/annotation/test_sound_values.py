"""Values that no table can hold, and the elements of a list that holds some."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.annotation.sound_values import UnsoundValue, check_regions, decoded, document, elements

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    # brackets and quotes inside texts, English and Chinese
    | st.text(st.sampled_from('[]{},:"\\ a好'), max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.sampled_from('],"{a'), max_size=3), inner),
    max_leaves=8,
)


@given(st.lists(VALUES, max_size=5))
def test_elements_are_those_of_the_list(values: list[object]) -> None:
    text = json.dumps(values, ensure_ascii=False)
    assert [json.loads(one) for one in elements(text)] == values
    assert list(document(text)) == values


UNSOUND = {
    "deep": "[" * 3_000 + "]" * 3_000,
    "rather_deep": "[" * 200 + "]" * 200,
    "digits": "9" * 5_000,
    "long_integer": str(2**63),
    "infinite": "1e999",
    "nan": "NaN",
    "half": '"\\ud83d"',
    "half_key": '{"\\udc00": 1}',
}


@pytest.mark.parametrize("text", UNSOUND.values(), ids=UNSOUND)
def test_an_unsound_value_costs_its_element_alone(text: str) -> None:
    with pytest.raises(UnsoundValue):
        decoded(text)
    before, bad, after = document(f'[{{"a": "好"}}, {{"b": {text}}}, 3]')
    assert (before, type(bad), after) == ({"a": "好"}, UnsoundValue, 3)


def test_what_is_no_json_is_no_unsound_value() -> None:
    for text in ("", "{", "[1,]", "nul"):
        with pytest.raises(json.JSONDecodeError):
            decoded(text)
    assert decoded("[]") == []
    assert list(document("[]")) == []


@pytest.mark.parametrize(
    ("regions", "words"),
    [
        ([{"type": "choices"}], "without a value"),
        ([3], "without a value"),
        ([{"from_name": 1, "value": {}}], "name of a control"),
        ([{"type": "rating", "value": {"rating": "4"}}], "rating that is no number"),
        ([{"type": "rating", "value": {"rating": True}}], "rating that is no number"),
        ([{"value": {"pairs": {}}}], "pairs are no list"),
        ([{"value": {"pairs": [{"chosen": {}}]}}], "a pair without"),
    ],
)
def test_odd_regions_are_told(regions: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_regions(regions)


def test_sound_regions_pass() -> None:
    check_regions(None)
    check_regions([])
    check_regions([{"type": "rating", "value": {"rating": 4}}, {"value": {"pairs": [{"chosen": {}, "rejected": {}}]}}])
