"""Candidates for near duplicates: alike texts meet, and memory stays bounded."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.text import minhash
from pipeline.text.clusters import components
from pipeline.text.minhash import candidates, signatures
from pipeline.text.normalise import normalised
from pipeline.text.similarity import jaccard

ALIKE = [
    "The train to the coast was late again, and nobody told the passengers why it was.",
    "The train to the coast was late again, and nobody told the passengers why that was.",
    "去海边的火车又晚点了，没有人告诉乘客为什么会晚点，大家只好在站台上等着。",
    "去海边的火车又晚点了，没有人告诉乘客为什么会晚点，大家只好在站台上等待。",
    "A recipe for noodle soup with spring onions and a soft egg on top.",
]


def pairs(texts, at_least=0.5, bands=32, order=None):
    signed = signatures(texts, 128)
    order = np.arange(len(texts)) if order is None else np.array(order)
    return [tuple(pair) for pair in candidates(signed, order, bands, at_least).tolist()]


def test_alike_texts_of_both_languages_meet_and_strangers_do_not():
    assert pairs(ALIKE) == [(0, 1), (2, 3)]


def test_equal_texts_have_equal_signatures_wherever_they_stand():
    first, second = signatures(ALIKE[:2], 64), signatures(["x", *ALIKE[:2][::-1]], 64)
    assert (first[0] == second[2]).all()
    assert (first[1] == second[1]).all()


def test_the_share_of_equal_places_is_near_the_jaccard_similarity():
    texts = [normalised(text) for text in ALIKE]
    signed = signatures(texts, 512)
    both = np.array([(0, 1), (2, 3), (0, 4)])
    found = [(signed[a] == signed[b]).mean() for a, b in both]
    assert found == pytest.approx(jaccard(pa.array(texts), both).tolist(), abs=0.08)


def test_bothare_places_in_the_order_given():
    assert pairs(ALIKE, order=[4, 3, 2]) == [(1, 2)]


def test_no_text_one_text_and_empty_ones():
    assert signatures([], 16).shape == (0, 16)
    assert pairs([]) == []
    assert pairs(["only"]) == []
    assert signatures(["", "。"], 16).shape == (2, 16)


def test_long_lists_are_signed_in_parts_without_a_seam(monkeypatch):
    whole = signatures(ALIKE * 3, 32)
    monkeypatch.setattr(minhash, "_CHUNK_CHARS", 100)
    assert (signatures(ALIKE * 3, 32) == whole).all()


def test_a_large_bucket_is_joined_by_its_first_row():
    """More equal texts than predecessors are compared: all still hang together."""
    texts = ["the same text, word for word, many times over"] * 120
    found = pairs(texts)
    assert len(found) < 120 * 60
    assert {(0, n) for n in range(1, 120)} <= set(found)
    assert (1, 60) not in found  # a row meets its 48 predecessors and the first row
    assert set(components(120, found).tolist()) == {0}
