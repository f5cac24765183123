"""The threshold of contamination, and what is reported of it."""

from typing import Any

import numpy as np
import pytest

from pipeline.clean.contamination import measure
from pipeline.clean.contamination.planted import PLANTS
from tests.clean.contamination.problems import NAMES, THINGS, chat, problem, run

OURS = [chat(f"own{n}", f"Please write a short note number {n} about {t} for my aunt {m}.") for n, (t, m) in enumerate(
    (t, m) for t in THINGS for m in NAMES)]  # fmt: skip


BENCHMARK = [chat(f"b{n}", problem(n), role="benchmark", reply=None) for n in range(60)]


def test_recall_is_measured_on_planted_copies():
    notes = run([*OURS, *BENCHMARK])[0].notes
    assert set(notes["recall"]) == set(PLANTS)
    for kind in ("verbatim", "reformatted", "embedded", "second_turn"):
        found = notes["recall"][kind]
        assert found["value"] >= 0.99
        assert found["low"] <= found["value"] <= found["high"]
        assert found["planted"] == 30  # every second item: the threshold was chosen on the others
    assert notes["false_alarms_per_1000"]["items"] == 30
    assert notes["found"] == {}


def test_threshold_follows_from_recall_and_from_false_alarms():
    records = [*OURS, *BENCHMARK]
    strict, loose = (run(records, recall=recall)[0].notes for recall in (0.01, 1.0))
    assert strict["threshold"] > loose["threshold"]
    fixed = run(records, threshold=0.8)[0].notes
    assert fixed["threshold"] == 0.8
    assert not fixed["threshold_measured"]
    assert "numbers_swapped" in fixed["recall_missed"] or "reworded" in fixed["recall_missed"]


class Settings:
    recall, false_alarms, sample, threshold = 1.0, 1.0, 100, None


def test_figures_are_of_items_that_the_threshold_was_not_chosen_on(monkeypatch):
    """Copies of even items are found whole, those of odd ones at 30 %: the threshold fits the even, recall is odd."""
    shares = {"even": 1.0, "odd": 0.3}
    items = [[f"{'even' if n % 2 == 0 else 'odd'} item {n}"] for n in range(8)]
    monkeypatch.setattr(measure, "PLANTS", {"verbatim": None})
    monkeypatch.setattr(measure, "plant", lambda kind, first, others: [[text] for text in first])

    def best(index, records, own=(), texts=()):
        return np.array([0.0 if own else shares[record[0].split()[0]] for record in records])

    monkeypatch.setattr(measure, "_best", best)
    no_index: Any = None  # nothing is looked up: `_best` answers
    found = measure.calibrate(no_index, items, [], Settings())
    assert found.threshold == 0.95
    assert (found.notes["recall"]["verbatim"]["value"], found.notes["recall"]["verbatim"]["planted"]) == (0.0, 4)
    assert found.notes["recall_missed"] == ["verbatim"]


@pytest.mark.parametrize("items", [0, 1, 2])
def test_few_items(items):
    notes = run([*OURS, *BENCHMARK[:items]])[0].notes
    assert notes["applies"] is (items > 0)
    if items:
        assert notes["recall"]["verbatim"]["planted"] == 1
