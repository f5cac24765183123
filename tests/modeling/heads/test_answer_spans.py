"""Places of answers among the tokens of windows."""

from __future__ import annotations

import numpy as np

from pipeline.core.record import Answer
from pipeline.modeling.heads.answer_spans import NEVER, Found, choose_answer, decode, fit_null_threshold


def test_decoding_never_ends_before_it_starts_nor_leaves_the_context():
    context = "ab cd ef"
    offsets = [None, [0, 2], [3, 5], [6, 8]]
    begin, end = np.array([0.0, 1.0, 2.0, 9.0]), np.array([0.0, 9.0, 3.0, 1.0])
    found = decode(begin, end, offsets, context, limit=2)
    assert found.spans[0] == (10.0, 0, "ab"), "start 9 with end 9 would run backwards"
    assert (10.0, 6, "ef") in found.spans
    assert all(text in ("ab", "cd", "ef", "ab cd", "cd ef") for _, _, text in found.spans), "limit of two tokens"
    assert choose_answer(found, NEVER, 1.0).value == [{"start": 0, "text": "ab"}]
    joined = found.joined(Found([(99.0, 3, "cd")], -5.0))
    assert joined.spans[0] == (99.0, 3, "cd")
    assert joined.null == -5.0


def test_the_null_threshold_parts_answerable_from_unanswerable():
    found = [Found([(score, 0, "x")], null) for score, null in ((9.0, 1.0), (8.0, 2.0), (5.0, 4.0), (3.0, 3.5))]
    given: list[list[Answer]] = [[{"start": 0, "text": "x"}], [{"start": 0, "text": "x"}], [], []]
    threshold, temperature = fit_null_threshold(found, given, ["en"] * 4)
    assert -6 < threshold < -1
    assert [bool(choose_answer(one, threshold, temperature).value) for one in found] == [True, True, False, False]
    assert fit_null_threshold(found[:2], given[:2], ["en"] * 2)[0] == NEVER, "dev has no unanswerable question"
    nothing = fit_null_threshold(found, [given[0]] * 3 + [[]], ["en"] * 4)
    assert [bool(choose_answer(one, *nothing).value) for one in found] == [True, True, True, False]
