"""Win rates by judges that lean: the better model wins again, and the interval covers the truth."""

from __future__ import annotations

import random

import pytest

from pipeline.llm.judges.bias import Judged
from pipeline.llm.judges.judge import Comparison
from pipeline.llm.judges.win_rate import raw_win_rate, win_rate
from tests.llm.judges.judged import simulated


def against_a_wordy_model(rng, count, truth, accuracy=0.75, length=0.5):
    """Pairs whose second reply is always the longer one; the first is better in a share `truth` of them."""
    pairs = []
    for _ in range(count):
        better = "first" if rng.random() < truth else "second"
        other = "second" if better == "first" else "first"

        def choose(better=better, other=other):
            return "second" if rng.random() < length else better if rng.random() < accuracy else other

        pairs.append(Judged(Comparison(choose(), choose()), "second"))
    return pairs


@pytest.mark.parametrize("truth", [0.3, 0.5, 0.7])
def test_the_interval_covers_the_truth_where_the_raw_rate_names_the_wordier_model(truth) -> None:
    covered = []
    for seed in range(12):
        rng = random.Random(seed)
        gold = simulated(rng, 600, 0.75, length=0.5, longer_is_better=0.5)
        judged = against_a_wordy_model(rng, 500, truth)
        found = win_rate(judged, gold)
        covered.append(found.low <= truth <= found.high)
        assert raw_win_rate(judged).value < 0.45  # whoever is better, the wordier one seems to win
    assert sum(covered) >= 10


def test_a_judge_that_tells_nothing_gives_no_rate() -> None:
    rng = random.Random(0)
    gold = simulated(rng, 400, 0.5)
    assert win_rate(against_a_wordy_model(rng, 50, 0.7), gold) is None
    assert win_rate([], gold) is None
    assert win_rate(against_a_wordy_model(rng, 50, 0.7), []) is None
    assert raw_win_rate([]) is None
    assert raw_win_rate([Judged(Comparison(None, None))]) is None
