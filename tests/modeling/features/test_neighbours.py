"""Neighbours hang on vectors alone: lists that an earlier run kept give what a search from nothing gives."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.modeling.features import neighbour_lists, neighbours
from pipeline.modeling.features.neighbours import nearest
from pipeline.runtime import part_cache


@pytest.fixture(autouse=True)
def small(tmp_path, monkeypatch):
    for module in (part_cache, neighbours):
        monkeypatch.setattr(module, "FEWEST_ROWS", 10)
    monkeypatch.setattr(neighbours, "NEIGHBOURS", 12)
    monkeypatch.setattr(neighbours, "_ROWS", 64)
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "kept"))


def unit(rows: int, seed: int, kinds: int = 10**6) -> np.ndarray:
    """Vectors of unit length; of few `kinds` many are equal."""
    rng = np.random.default_rng(seed)
    found = rng.normal(size=(min(kinds, rows), 24))[rng.integers(0, min(kinds, rows), rows)]
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def run(vectors: np.ndarray, groups: list[str], among: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows_of = np.zeros((len(vectors), min(12, len(among))), np.int64)
    weights_of = np.zeros(rows_of.shape)
    for rows, found, weights in nearest(vectors, groups, vectors[among], [groups[n] for n in among], "test"):
        rows_of[rows], weights_of[rows] = among[found], weights
    return rows_of, weights_of


def by_hand(vectors: np.ndarray, groups: list[str], among: np.ndarray) -> np.ndarray:
    whole = np.rint(vectors * np.float32(4000)).astype(np.int64)
    products = whole @ whole[among].T
    products[np.array(groups)[:, None] == np.array(groups)[among]] = -(2**30)
    return among[np.argsort(-products, axis=1, kind="stable")[:, :12]]


@pytest.mark.parametrize("kinds", [10**6, 40], ids=["all differ", "many are equal"])
@pytest.mark.parametrize("change", ["came", "went", "both", "most went", "reordered", "few"])
def test_kept_lists_give_what_a_fresh_search_gives(kinds, change, tmp_path, monkeypatch):
    vectors, groups = unit(500, 1, kinds), [f"组{n // 2}" for n in range(500)]
    among = np.arange(0, 500, 2)
    run(vectors, groups, among)
    if change in ("came", "both"):
        vectors, groups = np.concatenate([vectors, unit(9, 2)]), groups + [f"new {n}" for n in range(9)]
        among = np.concatenate([among, np.arange(500, 509)])
    if change in ("went", "both"):
        among = np.delete(among, [3, 50, 51, 200])
    among = {"most went": among[:30], "reordered": among[::-1].copy(), "few": among[:5]}.get(change, among)
    found = run(vectors, groups, among)
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "fresh"))
    fresh = run(vectors, groups, among)
    assert np.array_equal(found[0], fresh[0])
    assert np.array_equal(found[1], fresh[1])
    has_weight = fresh[1] > 0
    assert np.array_equal(found[0][has_weight], by_hand(vectors, groups, among)[:, : found[0].shape[1]][has_weight])


def test_after_a_small_change_few_rows_are_searched_again(monkeypatch):
    vectors, groups = unit(600, 1), [str(n) for n in range(600)]
    run(vectors, groups, np.arange(400))
    seen: list[int] = []
    search = neighbour_lists._entries
    monkeypatch.setattr(
        neighbour_lists, "_entries", lambda block, *more: seen.append(len(block)) or search(block, *more)
    )
    run(np.concatenate([vectors, unit(5, 3)]), [*groups, *"abcde"], np.delete(np.arange(400), [7, 8]))
    assert 5 <= sum(seen) < 60


def test_vectors_of_any_scale_of_dimensions_are_compared_without_loss():
    """The largest sum of products that can occur stays below 2**24, where float32 begins to round."""
    for columns in (1, 24, 384, 4096):
        same = np.full((1, columns), 1 / np.sqrt(columns), np.float32)
        whole = neighbours._whole(same).astype(np.int64)
        assert int((whole @ whole.T)[0, 0]) < 2**24
