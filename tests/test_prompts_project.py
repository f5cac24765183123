"""`sft init prompts`: the cost said before, a dataset of checked answers, a test split of people's answers alone."""

from __future__ import annotations

import json
import logging
from collections import Counter

import pytest
from ruamel.yaml import YAML

from pipeline.commands.init import start
from pipeline.core.settings import load_task
from pipeline.label.run import run as label
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params as ReportParams
from pipeline.report.sections.model_costs import model_costs
from pipeline.report.sections.sources import sources
from pipeline.report.verdict.labels import label_noise
from pipeline.runtime.store import read_json, read_table, to_records
from tests.llm.server import last, serving
from tests.project import STAGES
from tests.test_documents_project import run


def says(body, number):
    """Sound answers; to two prompts a refusal, to one the wrong language."""
    text = last(body)
    if "spoke" in text or "辐条" in text:
        return "I'm sorry, but I can't help with that." if "spoke" in text else "抱歉，我无法回答这个问题。"
    if "tube" in text:
        return "把补胎片贴在破洞上，用力按住一分钟，然后再慢慢充气，检查有没有漏气。"
    if text.isascii():
        return f"This is what people do when they ask: {text} Take your time, start slowly and look twice."
    return f"关于“{text}”，请先慢慢来，检查两遍，再开始动手。"


def edit(root, url, **more):
    yaml = YAML()
    params = yaml.load((root / "params.yaml").read_text("utf-8"))
    answers = params["label"]["answers"]
    answers["teachers"]["teacher"] |= {"url": url, "model": "scripted", "licence": "OpenRAIL"}
    answers |= more
    params["models"]["encoder"] = {"name": "tfidf"}
    params["validate"]["suite"] = [one for one in params["validate"]["suite"] if one["expect"] != "fits_model"]
    yaml.dump(params, root / "params.yaml")


def record_of(root):
    return {one.source.key: one for one in to_records(read_table(root / "data/label/records.parquet"))}


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))
    start("prompts", tmp_path)
    return tmp_path


def test_as_it_comes_it_asks_nobody_and_says_what_a_run_would_cost(project, monkeypatch, caplog):
    caplog.set_level(logging.INFO, "pipeline")
    with serving(says) as service:
        edit(project, service.url)
        run(STAGES[:3], project, monkeypatch)
    assert service.asked == []
    assert "teacher: 24 requests, " in caplog.text
    answers = read_json(project / "data/label/report.json")["notes"]["answers"]
    assert answers["forecast"]["teacher"]["money"] > 0
    page = load_inputs(project / "data", load_task(project / "params.yaml"), ReportParams())
    assert [block["name"] for block in model_costs(page)] == ["model_forecasts"]
    assert len(record_of(project)) == 16, "what people answered"


def test_checked_answers_join_train_and_the_test_split_is_peoples(project, monkeypatch):
    with serving(says) as service:
        edit(project, service.url, dry_run=False)
        run(STAGES[:3], project, monkeypatch)
        asked = [last(body) for body in service.asked]
    assert len(asked) == len(set(asked)) == 24
    records = record_of(project)
    assert Counter(one.labels_by.who for one in records.values()) == {"source:prompts": 16, "model:teacher": 21}
    assert {"en-14", "zh-14", "en-19"}.isdisjoint(records), "two refusals and an answer in the wrong language"
    held_out = [one for one in records.values() if one.split in ("dev", "test")]
    assert {one.split for one in held_out} == {"dev", "test"}
    assert {one.labels_by.who for one in held_out} == {"source:prompts"}
    report = read_json(project / "data/label/report.json")
    assert report["in"] == report["kept"] + report["dropped"] == 40
    assert report["notes"]["answers"]["problems"] == {"teacher": {"fails_language": 1, "refused": 2}}
    usage = report["notes"]["answers"]["usage"]["teacher"]
    assert (usage["prompt_tokens"], usage["written_tokens"]) == (service.prompt_tokens, service.written_tokens)
    assert report["notes"]["writers"] == {"teacher": {"model": "scripted", "licence": "OpenRAIL"}}
    run(STAGES[3:5], project, monkeypatch)
    card = (project / "data/validate/dataset/README.md").read_text("utf-8")
    assert "Most restrictive licence: OpenRAIL;" in card
    page = load_inputs(project / "data", load_task(project / "params.yaml"), ReportParams())
    [binding] = [item for block in sources(page) for item in block.get("items", []) if item["key"] == "binding_licence"]
    assert binding["value"] == "OpenRAIL", "the report names the licence that the card names"
    [noise] = label_noise(page)
    assert (noise.state, noise.key, noise.args) == ("unmeasured", "noise_of_teachers", {"n": 21, "of": 37})


def test_the_same_again_asks_nothing_and_prompts_without_any_answer_have_no_test_split(project, monkeypatch):
    """The zero case: no person has answered, so whatever the teacher says is train, and no test split is made up."""
    sample = project / "data/raw/samples/prompts/prompts.jsonl"
    rows = [json.loads(line) for line in sample.read_text("utf-8").splitlines()]
    bare = [{"id": row["id"], "prompt": row["prompt"]} for row in rows]
    sample.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in bare), "utf-8")
    with serving(says) as service:
        edit(project, service.url, dry_run=False)
        run(STAGES[:3], project, monkeypatch)
        assert len(service.asked) == 40
        again = project / "again"
        again.mkdir()
        label(project / "data/clean", project / "data/annotations", again)
        assert len(service.asked) == 40
    assert {one.split for one in record_of(project).values()} == {"train"}
