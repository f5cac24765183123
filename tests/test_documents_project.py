"""`sft init documents` against a scripted model service: to the dataset, and (slow) to the report."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.commands.init import start
from pipeline.core.settings import load_task
from pipeline.report.document import build
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params as ReportParams
from pipeline.report.render import load_strings
from pipeline.runtime.store import read_table
from tests.collect.documents.making import example, is_checking, is_writing, passage_of, sentences
from tests.conftest import ROOT
from tests.llm.server import as_json, last, serving
from tests.project import STAGES, cache_with


def writes(body, number):
    """Two sound examples of each kind and chunk, each worded for its kind; an invented one beside them."""
    if is_checking(body):
        return as_json({"supported": True})
    if not is_writing(body):
        return "I do not know. 我不知道。"
    found = sentences(passage_of(body))[:2]
    sound = [example(one, question=f"{last(body)[:24]} ({one[:12]})?") for one in found]
    invented = example(found[0], quote="This was never written anywhere at all.")
    return as_json({"examples": [*sound, invented]})


def edit(root, url):
    yaml = YAML()
    params = yaml.load((root / "params.yaml").read_text("utf-8"))
    generate = params["collect"]["sources"]["manuals"]["generate"]
    generate["endpoint"] |= {"url": url, "model": "scripted", "licence": "OpenRAIL"}
    generate["kinds"] = ["qa", "summary"]
    params["models"]["encoder"] = {"name": "tfidf"}
    params["train"] |= {"max_train_rows": 8, "max_dev_rows": 4, "max_new_tokens": 8}
    params["evaluate"] |= {"robustness_rows": 1, "base_model_rows": 4}
    yaml.dump(params, root / "params.yaml")


def run(stages, root, monkeypatch):
    stages_of = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
    monkeypatch.chdir(root)
    for name in stages:
        _, _, module, *paths = stages_of[name]["cmd"].split()
        *inputs, out = map(Path, paths)
        out.mkdir(parents=True)
        import_module(f"{module}.run").run(*inputs, out)


def test_the_project_builds_a_dataset_from_its_pages(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))
    assert "data/raw/samples/documents/lighthouse.html" in " ".join(start("documents", tmp_path))
    with serving(writes) as service:
        edit(tmp_path, service.url)
        run(STAGES[:5], tmp_path, monkeypatch)
    card = (tmp_path / "data/validate/dataset/README.md").read_text("utf-8")
    assert "model:scripted" in card
    assert "OpenRAIL" in card
    records = read_table(tmp_path / "data/augment/records.parquet").to_pylist()
    splits: dict[str, Any] = {}
    for row in records:
        splits.setdefault(dict(row["meta"])["document"], set()).add(row["split"])
    assert len(splits) == 20
    assert all(len(one) == 1 for one in splits.values()), "chunks of a document share a split"
    assert {split for one in splits.values() for split in one} == {"train", "dev", "test"}
    assert "never written" not in json.dumps(records, ensure_ascii=False)
    page = build(load_inputs(tmp_path / "data", load_task(tmp_path / "params.yaml"), ReportParams()))
    blocks = next(one["blocks"] for one in page["sections"] if one["id"] == "sources")
    (told,) = [one for one in blocks if one.get("name") == "documents"]
    assert len(told["rows"]) == told["total"] == 20
    assert all(row[4] == 1.0 for row in told["rows"]), "every chunk gave an example"
    (reasons,) = [one for one in blocks if one.get("name") == "refused_examples"]
    assert dict(map(tuple, reasons["rows"]))["quote_not_in_passage"] > 20
    for language in ("en", "zh"):
        strings = load_strings(language)
        assert all(f"code.{reason}" in strings for reason, _ in reasons["rows"])
        assert all(f"col.{one['key']}" in strings for one in told["columns"])


@pytest.mark.slow
def test_the_project_runs_to_the_report(tmp_path, monkeypatch):
    (tmp_path / "cache").mkdir()
    monkeypatch.setenv("SFT_CACHE", str(cache_with("packages", "models", folder=tmp_path / "cache")))
    start("documents", tmp_path)
    with serving(writes) as service:
        edit(tmp_path, service.url)
        run(STAGES, tmp_path, monkeypatch)
    assert "lighthouse.html" in (tmp_path / "data/report/quality.html").read_text("utf-8")
    card = (tmp_path / "data/validate/dataset/README.md").read_text("utf-8")
    assert "Questions and answers on documents" in card
