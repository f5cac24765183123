from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError


def test_hub_local_folder_with_class_names(project):
    import datasets

    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["negative", "positive"])}
    )
    rows = {"text": ["good", "不好", "?"], "label": [1, 0, -1]}
    folder = project.raw / "ds"
    datasets.Dataset.from_dict(rows, features=features).to_parquet(str(folder / "train.parquet"))
    found = project.collect(kind="hub", path="./data/raw/ds", splits=["train"], target="label")
    assert [(row["fields"]["text"], row["target"]) for row in found.rows] == [
        ("good", "positive"),
        ("不好", "negative"),
        ("?", None),
    ]
    assert found.rows[1]["source"]["locator"] == "hub:ds/train"
    assert found.rows[1]["source"]["row"] == 2
    with pytest.raises(PipelineError, match=r"\(nosplit\) cannot be loaded"):
        project.collect(kind="hub", path="./data/raw/ds", splits=["nosplit"])


def test_hub_needs_a_revision_and_a_place(project):
    with pytest.raises(PipelineError, match="set revision"):
        project.collect(kind="hub", path="org/name", splits=["train"])
    with pytest.raises(PipelineError, match=r"s\.path: no folder '\./absent'"):
        project.collect(kind="hub", path="./absent", splits=["train"])


def test_hub_out_of_reach(project, monkeypatch):
    import datasets
    import huggingface_hub.constants

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(PipelineError, match=r"org/name \(train\) cannot be loaded") as error:
        project.collect(kind="hub", path="org/name", revision="1", splits=["train"])
    assert "local copy" in error.value.hint
