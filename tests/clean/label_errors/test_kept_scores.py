"""What is kept of label errors between runs: a changed label gives what a fresh run gives, and costs less."""

from __future__ import annotations

import pytest

from pipeline.clean.label_errors.detectors import regularisation, signals, single_labels
from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.clean.label_errors.step import find_label_errors
from pipeline.clean.step import Context
from pipeline.core.record import share
from pipeline.modeling.features import dense, linear, neighbour_lists, neighbours
from pipeline.runtime import part_cache
from pipeline.runtime.stage import Outcome
from tests.clean.label_errors.test_step import flipped, reviews
from tests.clean.records import TASK, table

SETTINGS = LabelErrors(folds=5, calibration_rows=300)


@pytest.fixture
def searched(tmp_path, monkeypatch) -> list[int]:
    """Rows whose neighbours were sought; small tables are kept too, in a cache of the test."""
    for module in (part_cache, dense, linear, neighbours, regularisation, signals, single_labels):
        monkeypatch.setattr(module, "FEWEST_ROWS", 100)
    monkeypatch.setattr(linear, "_DRAWN", 100)
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "first"))
    seen: list[int] = []
    search = neighbour_lists._entries

    def watched(block, *rest):
        seen.append(len(block))
        return search(block, *rest)

    monkeypatch.setattr(neighbour_lists, "_entries", watched)
    return seen


def run(records) -> tuple[Outcome, Context]:
    context = Context(TASK)
    return find_label_errors(table(records), SETTINGS, context), context


def test_after_one_label_changed_neighbours_are_known_and_results_those_of_a_fresh_run(searched, tmp_path, monkeypatch):
    records = reviews(600)
    run(records)
    assert searched
    searched.clear()
    records[7] = flipped(records[7])
    found, context = run(records)
    assert not searched
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "fresh"))
    expected, fresh = run(records)
    assert searched
    assert found.kept.equals(expected.kept)
    assert (found.notes, context.review_items) == (expected.notes, fresh.review_items)


def test_a_label_that_no_model_learns_from_fits_nothing_again(searched, monkeypatch):
    """Models learn from some of many records; folds and planted errors of the others stay as they are."""
    monkeypatch.setattr(linear, "_MOST", 300)
    monkeypatch.setattr(linear, "_FEWEST_OF_CLASS", 3)
    fitted: list[int] = []
    fit = linear.fit
    monkeypatch.setattr(linear, "fit", lambda rows, *more: fitted.append(len(rows)) or fit(rows, *more))
    records = sorted(reviews(600), key=lambda record: record.id)
    run(records)
    assert fitted
    fitted.clear()
    draws = {n: share("calibrate", "0", record.id) for n, record in enumerate(records)}
    n = max(range(501, 600, 2), key=draws.__getitem__)  # between the evenly spaced ones, and in no copy
    records[n] = flipped(records[n])
    run(records)
    assert not [rows for rows in fitted if rows >= 100]


def test_names_of_arrays_and_texts_tell_them_apart():
    import numpy as np

    numbers = np.arange(6, dtype=np.int64)
    named = [numbers, numbers.reshape(2, 3), numbers.astype(np.float32), numbers[::-1], ["ab", "c"], ["a", "bc"], []]
    assert len({part_cache.digest(one) for one in named}) == len(named)
    assert part_cache.digest(numbers[::2]) == part_cache.digest(numbers[::2].copy())
