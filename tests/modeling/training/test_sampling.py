"""The order and the shares in which rows are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.modeling.batches import Example
from pipeline.modeling.training.fit import fit
from pipeline.modeling.training.sampling import LengthGrouped, balanced_shares, length_grouped
from tests.modeling.training.jobs import job


@pytest.mark.parametrize("size", [1, 7, 64, 333])
def test_length_grouping_keeps_every_row_once_and_neighbours_alike(size):
    lengths = np.random.default_rng(0).integers(1, 100, size).tolist()
    order = length_grouped(lengths, 8, np.random.default_rng(1))
    assert sorted(order) == list(range(size))
    spread = [np.ptp([lengths[n] for n in order[k : k + 8]]) for k in range(0, size, 8)]
    assert size < 64 or np.mean(spread) < 15


def test_balanced_sampling_draws_classes_alike(bert_folder, tmp_path):
    examples: list[Example] = [{"input_ids": [1], "labels": int(n < 10)} for n in range(100)]
    shares = balanced_shares(examples)
    sampler = LengthGrouped([1] * 100, 8, 0, shares)
    drawn = [examples[n]["labels"] for epoch in range(20) for n in _epoch(sampler, epoch)]
    assert len(drawn) == 2000
    assert 0.46 < np.mean(drawn) < 0.54
    assert list(_epoch(sampler, 3)) == list(_epoch(sampler, 3)) != list(_epoch(sampler, 4))
    with pytest.raises(PipelineError, match="needs one class a record"):
        balanced_shares([{"input_ids": [], "labels": [0.0, 1.0]}])
    fit(job(bert_folder, tmp_path, sampling="balanced", epochs=1.0))


def _epoch(sampler, epoch):
    sampler.epoch = epoch
    return iter(sampler)
