"""How far the test split is from what the model learns from: shares side by side, and a distance beside chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.report.blocks import Block, pairs, table
from pipeline.report.inputs import Inputs

Spread = Mapping[str, Mapping[str, int]]  # value -> split -> records

_DRAWS, _CHANCE = 400, 0.95  # the chance is the usual level, the draws are a guess
_NAMES = {
    "class": "of_labels",
    "lang": "of_languages",
    "source": "of_sources",
    "length": "of_length",
    "meaning": "of_meaning",
}
#: Values drawn: those whose shares lie furthest apart. A guess: not measured.
_SHOWN = 12


def shift(inputs: Inputs, spread: Mapping[str, Spread]) -> list[Block]:
    """Per aspect (class, language, source, length, meaning) the distance of train and test, and the shares behind it.

    Distance is total variation: the share of one split that would have to move to look like the other. `by_chance` is
    the 95th percentile of what two draws of these sizes from one distribution show; beyond it the splits differ.
    """
    aspects = {**spread, "length": _lengths(inputs), "meaning": _regions(inputs)}
    rows, charts = [], []
    for name, values in aspects.items():
        train, test = ({value: counts.get(split, 0) for value, counts in values.items()} for split in ("train", "test"))
        if len(values) < 2 or not sum(train.values()) or not sum(test.values()):
            continue
        a, b = (np.array(list(one.values()), np.int64) for one in (train, test))
        distance, chance = total_variation(a, b), by_chance(a, b)
        rows.append([_NAMES[name], distance, chance, "shifted" if distance > chance else "as_chance"])
        charts.append(_chart(name, list(values), a / a.sum(), b / b.sum()))
    columns = {"aspect": "code", "distance": "float", "by_chance": "float", "shift_verdict": "code"}
    return [table("shift", columns, rows), *charts] if rows else []


def total_variation(a: NDArray[np.int64], b: NDArray[np.int64]) -> float:
    """Half the sum of the differences of shares: 0 where two spreads are equal, 1 where they share nothing."""
    return float(np.abs(a / a.sum() - b / b.sum()).sum() / 2)


def by_chance(a: NDArray[np.int64], b: NDArray[np.int64]) -> float:
    """What total variation two samples of these sizes from the pooled shares stay below in 95 % of draws."""
    pooled = (a + b) / (a + b).sum()
    rng = np.random.default_rng(0)
    drawn = (rng.multinomial(int(one.sum()), pooled, _DRAWS) / one.sum() for one in (a, b))
    first, second = drawn
    return float(np.quantile(np.abs(first - second).sum(axis=1) / 2, _CHANCE))


def _chart(name: str, values: list[str], train: NDArray[np.float64], test: NDArray[np.float64]) -> Block:
    order = sorted(range(len(values)), key=lambda n: (-abs(train[n] - test[n]), values[n]))
    shown = order[:_SHOWN] if name != "length" else sorted(order[:_SHOWN])
    rows = {values[n]: [float(train[n]), float(test[n])] for n in shown}
    return pairs(f"shift_{name}", ("train", "test"), rows, len(values))


def _lengths(inputs: Inputs) -> dict[str, dict[str, int]]:
    found = inputs.profile.get("lengths", {})
    edges, counts = found.get("edges", []), found.get("counts", {})
    names = [*(f"≤ {edge:,}" for edge in edges), f"> {edges[-1]:,}"] if edges else []
    every = {name: {split: counts[split][n] for split in counts} for n, name in enumerate(names)}
    return {name: row for name, row in every.items() if any(row.values())}


def _regions(inputs: Inputs) -> dict[str, dict[str, int]]:
    """Records of the map by region, which is named by its key terms."""
    points = inputs.table("validate/map.parquet", ["region", "split"])
    names = {
        one["region"]: ", ".join(one["words"][:3]) for one in inputs.profile.get("coverage", {}).get("regions", [])
    }
    counts = Counter(zip(*(points[name].to_pylist() for name in ("region", "split")), strict=True)) if points else {}
    found: dict[str, dict[str, int]] = {}
    for (region, split), n in sorted(counts.items()):
        found.setdefault(names.get(region) or str(region), {})[split] = n
    return found
