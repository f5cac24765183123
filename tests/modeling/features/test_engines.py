"""Features, neighbours and models of many rows are made by an engine's workers, with equal bytes on each."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.modeling.features import dense, linear, neighbours
from pipeline.modeling.features.dense import dense_features
from pipeline.modeling.features.linear import out_of_sample
from pipeline.modeling.features.neighbours import nearest
from pipeline.modeling.models import Model
from pipeline.runtime import part_cache
from pipeline.runtime.engine import Engine

COUNT = 120
TEXTS = [f"{'good ' * (n % 5)}day {n} 很好 {'差' * (n % 3)}" for n in range(COUNT)]
LABELS = ["好" if n % 3 else "bad" for n in range(COUNT)]
GROUPS = [f"组{n // 2}" for n in range(COUNT)]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the work that workers were given; few rows are enough."""
    for module in (part_cache, linear, neighbours):
        monkeypatch.setattr(module, "FEWEST_ROWS", 20)
    for module, name, value in [(dense, "_SAMPLE", 40), (linear, "_WORTH_SENDING", 50), (neighbours, "_ROWS", 32)]:
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(linear, "_PART", 30)
    names: list[str] = []
    on_daft = Engine._on_daft

    def watched(self, work, parts):
        names.append(work.func.__name__ if hasattr(work, "func") else work.__name__)
        return on_daft(self, work, parts)

    monkeypatch.setattr(Engine, "_on_daft", watched)
    return names


def found(kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What each of the three gives, in a project with such an engine and a cache of its own."""
    Path("params.yaml").write_text(f"engine: {{kind: {kind}, rows: 50}}\n", "utf-8")
    monkeypatch.setenv("SFT_CACHE", str(folder / kind))
    vectors = dense_features(TEXTS, Model(name="tfidf"), 100)
    _, logits = out_of_sample(vectors, LABELS, GROUPS, folds=3)
    near = [part for parts in nearest(vectors, GROUPS, vectors[:100], GROUPS[:100], "test") for part in parts]
    return [vectors.tobytes(), logits.tobytes(), *(part.tobytes() for part in near)]


def test_workers_give_the_bytes_of_this_process(
    sent: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    here = found("local", tmp_path, monkeypatch)
    assert not sent
    assert len(here) > 6
    assert found("daft", tmp_path, monkeypatch) == here
    assert {"_counted", "_reduced", "_fit_part", "_sought"} <= {*sent}
