"""Embeddings: batches by tokens, kept apart by type."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.modeling import device
from pipeline.modeling.device import TOKENS, Placement, placement
from pipeline.modeling.features import encoder
from pipeline.modeling.features.encoder import MAX_TOKENS, _embedder, batched, embed
from pipeline.modeling.models import Model


def test_an_accelerator_gets_batches_by_tokens_and_keeps_the_order() -> None:
    shapes: list[tuple[int, int]] = []

    def forward(ids: list[list[int]], length: int) -> list[int]:
        shapes.append((len(ids), length))
        if len(ids) * length > TOKENS // 2:  # a card with half the room
            raise torch.OutOfMemoryError("out of memory")
        return [sum(row) for row in ids]

    ids = [[n] * (1 + n % 9) for n in range(5000)]
    assert batched(ids, forward, Placement("cuda", "bfloat16")) == [sum(row) for row in ids]
    assert max(rows * length for rows, length in shapes) <= TOKENS
    assert max(rows for rows, _ in shapes) > 1000
    assert batched(ids[:20], forward, Placement("cpu", "float32")) == [sum(row) for row in ids[:20]]
    assert shapes[-1][0] == 8


@pytest.mark.skipif(not device.has_fast_bfloat16(), reason="this processor does not compute in bfloat16")
def test_embeddings_in_bfloat16_are_close_and_kept_apart(
    bert_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SFT_CACHE", str(tmp_path))
    monkeypatch.setenv("SFT_DEVICE", "cpu")
    texts, model = ["the shop is closed", "商店关门了", "a", "the train was late again"], Model(name=str(bert_folder))
    found = {}
    for dtype in ("float32", "auto", "bfloat16"):
        monkeypatch.setenv("SFT_DTYPE", dtype)
        found[dtype] = embed(texts, model)
    assert np.array_equal(found["auto"], found["bfloat16"])
    assert not np.array_equal(found["auto"], found["float32"])
    assert (found["auto"] * found["float32"]).sum(axis=1).min() > 0.999
    assert found["auto"].dtype == np.float32


def test_a_vector_does_not_depend_on_what_else_is_embedded(bert_folder):
    texts = [f"{'good ' * (n % 7)}day {n} 很好" for n in range(21)]
    compute = _embedder(str(bert_folder), MAX_TOKENS, placement(embeds=True))
    at_once = compute(texts)
    assert compute(texts[5:8]) == at_once[5:8]
    assert [compute([text])[0] for text in texts] == at_once


def test_workers_of_an_engine_give_the_same_vectors(bert_folder, tmp_path, monkeypatch):
    """What is dearest in the default project does not stay with the driver."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(encoder, "_PART", 8)
    texts = [f"{'good ' * (n % 5)}day {n} 很好" for n in range(20)]
    found = {}
    for kind in ("local", "daft"):
        Path("params.yaml").write_text(f"engine: {{kind: {kind}, window: 2}}\n", "utf-8")
        monkeypatch.setenv("SFT_CACHE", str(tmp_path / kind))
        found[kind] = embed(texts, Model(name=str(bert_folder)))
    assert found["local"].tobytes() == found["daft"].tobytes()
    assert _embedder.cache_info().currsize == 0, "no model is left in memory"


def test_tfidf_is_counted_in_parts_that_change_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    texts = [f"day {n} 很好 {'x' * (n % 4)}" for n in range(30)]
    whole = encoder.tfidf(texts, 20)
    Path("params.yaml").write_text("engine: {rows: 7}\n", "utf-8")
    parts = encoder.tfidf(texts, 20)
    assert np.array_equal(whole.toarray(), parts.toarray())
