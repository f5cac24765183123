import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.normalise import normalised
from pipeline.text.passages import grams, longest_passage, units

ENGLISH = "the quick brown fox jumps over the lazy dog today"
CHINESE = "小明买了三个苹果又买了五个梨一共花了多少钱"


def hashes(text, **more):
    return set(grams([normalised(text)], **more).hashes.tolist())


@pytest.mark.parametrize(("text", "count"), [(ENGLISH, 6), ("one two three four", 0), ("", 0), (CHINESE, 14)])
def test_a_text_has_an_ngram_from_each_unit_with_room(text, count):
    assert len(hashes(text)) == count


def test_white_space_case_and_punctuation_do_not_count():
    assert hashes(ENGLISH) == hashes("The QUICK,  brown\nfox jumps -- over the\tlazy dog. Today!")
    assert hashes(CHINESE) == hashes(" ".join(CHINESE)) == hashes(CHINESE[:9] + "，" + CHINESE[9:] + "？")


def test_ngrams_are_hashed_alike_wherever_they_stand():
    inside = hashes("please answer this: " + ENGLISH + " thank you very much for it")
    assert hashes(ENGLISH) <= inside
    assert not hashes(ENGLISH.replace("fox", "cat")) & {h for h in hashes(ENGLISH)} - hashes(ENGLISH)
    assert len(hashes(ENGLISH.replace("dog", "cat")) & hashes(ENGLISH)) == 4


def test_texts_do_not_run_into_each_other():
    both = grams([normalised(ENGLISH), normalised(CHINESE), "", "a b c d e"])
    assert np.bincount(both.owner, minlength=4).tolist() == [6, len(CHINESE) - 7, 0, 1]
    assert set(both.hashes[both.owner == 1].tolist()) == hashes(CHINESE)
    assert both.unit[both.owner == 1].tolist() == list(range(len(CHINESE) - 7))


@given(st.lists(st.text(alphabet="ab 中文é😀\n", max_size=40), max_size=5))
def test_hashes_of_a_list_are_those_of_its_texts(texts):
    plain = [normalised(text) for text in texts]
    found = grams(plain, words=2, characters=2)
    for n, text in enumerate(plain):
        assert found.hashes[found.owner == n].tolist() == grams([text], words=2, characters=2).hashes.tolist()
        assert len(units(text)) >= (found.owner == n).sum()


def test_long_lists_are_hashed_in_parts(monkeypatch):
    texts = [" ".join(random.Random(n).choices("abcdef", k=50)) for n in range(30)]
    whole = grams(texts)
    monkeypatch.setattr("pipeline.text.passages._CHUNK_CHARS", 100)
    parts = grams(texts)
    assert (whole.hashes == parts.hashes).all()
    assert (whole.owner == parts.owner).all()


def test_the_longest_shared_passage_is_shown():
    known = grams([normalised(ENGLISH)]).hashes
    text = "Question: the quick brown fox jumps over the LAZY cat. Then: fox jumps over the lazy!"
    assert longest_passage(text, known) == "the quick brown fox jumps over the lazy"
    assert longest_passage("nothing of it", known) == ""
    shared = grams([normalised(CHINESE)]).hashes
    assert longest_passage("请回答：小明买了三个苹果又买了四个桃", shared) == "小明买了三个苹果又买了"
