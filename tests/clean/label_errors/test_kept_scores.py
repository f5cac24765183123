"""What is kept of label errors between runs: a changed label gives what a fresh run gives, and costs less."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline.clean.label_errors.detectors import regularisation, single_labels
from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.clean.label_errors.step import find_label_errors
from pipeline.clean.step import Context
from pipeline.core.record import content_id, share
from pipeline.modeling.features import dense, linear, neighbour_lists, neighbours
from pipeline.runtime import part_cache
from pipeline.runtime.stage import Outcome
from tests.clean.label_errors.test_step import flipped, reviews
from tests.clean.records import TASK, table

SETTINGS = LabelErrors(folds=5, calibration_rows=300)


@pytest.fixture
def searched(tmp_path, monkeypatch) -> list[int]:
    """Rows whose neighbours were sought; small tables are kept too, in a cache of the test."""
    for module in (part_cache, dense, linear, neighbours, regularisation, single_labels):
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


def fresh_run(records, folder, monkeypatch) -> tuple[Outcome, Context]:
    monkeypatch.setenv("SFT_CACHE", str(folder / "fresh"))
    return run(records)


def test_after_one_label_changed_neighbours_are_known_and_results_those_of_a_fresh_run(searched, tmp_path, monkeypatch):
    records = reviews(600)
    run(records)
    assert searched
    searched.clear()
    records[7] = flipped(records[7])
    found, context = run(records)
    assert not searched
    expected, fresh = fresh_run(records, tmp_path, monkeypatch)
    assert searched
    assert found.kept.equals(expected.kept)
    assert (found.notes, context.review_items) == (expected.notes, fresh.review_items)


def test_after_rows_came_and_went_results_are_those_of_a_fresh_run(searched, tmp_path, monkeypatch):
    """Vectors that hang on their texts alone, as those of an encoder: those of the old rows stay."""

    def hashed(texts, *_):
        rows = [np.random.default_rng(int(content_id(text)[:8], 16)).normal(size=16) for text in texts]
        return np.array([row / np.linalg.norm(row) for row in rows], np.float32)

    monkeypatch.setattr(single_labels, "dense_features", hashed)
    records = sorted(reviews(640), key=lambda record: record.id)
    run(records[7:630])
    searched.clear()
    found, context = run(records[:620])
    assert sum(searched) < 100
    expected, fresh = fresh_run(records[:620], tmp_path, monkeypatch)
    assert sum(searched) > 600
    assert found.kept.equals(expected.kept)
    assert (found.notes, context.review_items) == (expected.notes, fresh.review_items)


def test_a_changed_label_is_learnt_anew_by_the_models_of_its_part(searched, monkeypatch):
    """Folds and planted errors of the other records stay as they are, and so do the models of other parts."""
    for name, value in {"_PART": 100, "_FEWEST_OF_CLASS": 3}.items():
        monkeypatch.setattr(linear, name, value)
    fitted: list[int] = []
    fit = linear.fit
    monkeypatch.setattr(linear, "fit", lambda rows, *more: fitted.append(len(rows)) or fit(rows, *more))
    records = sorted(reviews(600), key=lambda record: record.id)
    run(records)
    before = len(fitted)
    fitted.clear()
    draws = {n: share("calibrate", "0", record.id) for n, record in enumerate(records)}
    n = max(range(300, 600), key=draws.__getitem__)  # in no copy with planted errors
    records[n] = flipped(records[n])
    run(records)
    assert 0 < len(fitted) <= before / 4


def test_names_of_arrays_and_texts_tell_them_apart():
    numbers = np.arange(6, dtype=np.int64)
    named: list[Any] = [
        numbers,
        numbers.reshape(2, 3),
        numbers.astype(np.float32),
        numbers[::-1],
        ["ab", "c"],
        ["a", "bc"],
        [],
    ]
    assert len({part_cache.digest(one) for one in named}) == len(named)
    assert part_cache.digest(numbers[::2]) == part_cache.digest(numbers[::2].copy())
