"""Costs of language models on the page: every stage that asked one, dry runs apart, nothing where nobody was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipeline.llm.question import Answer
from pipeline.llm.settings import Prices
from pipeline.llm.usage import Usage
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
from pipeline.report.sections.model_costs import model_costs
from pipeline.report.sections.sources import sources
from tests.report.conftest import TASK


def used(requests: int, cached: int = 0) -> Mapping[str, object]:
    usage = Usage(Prices(input=1000.0, output=2000.0))
    for _ in range(requests):
        usage.count(Answer("好", prompt_tokens=10, written_tokens=5, model="m"))
    for _ in range(cached):
        usage.count_cached(Answer("fine", prompt_tokens=10, written_tokens=5))
    return usage.as_notes()


def with_reports(project, **reports):
    inputs = load_inputs(project, TASK, Params())
    return replace(inputs, reports={**inputs.reports, **reports})


def test_every_stage_that_asked_a_model_has_its_row(project):
    documents = {"documents": [{"language_model": used(1)}, {"language_model": used(3)}]}  # sums so far
    judged = {"step": "judge_replies", "notes": {"judges": {"严格": {"usage": used(0, 4)}}}}
    answers = {"usage": {"big": used(2, 1)}, "judged": {"judges": {"j": {"usage": used(5)}}}}
    inputs = with_reports(
        project,
        collect={"sources": {"manual": documents}},
        clean={"steps": [{"step": "tags", "notes": {"language_model": used(7)}}, judged]},
        label={"notes": {"answers": answers}},
    )
    (found,) = model_costs(inputs)
    rows = {row[0]: row[1:] for row in found["rows"]}
    assert rows == {
        "collect › sources › manual": [3, 0, 0, 30, 15, "0.0600 USD", None],
        "clean › tags": [7, 0, 0, 70, 35, "0.1400 USD", None],
        "clean › judge_replies › 严格": [0, 4, 0, 0, 0, None, "0.0800 USD"],
        "label › answers › big": [2, 1, 0, 20, 10, "0.0400 USD", "0.0200 USD"],
        "label › answers › judged › j": [5, 0, 0, 50, 25, "0.1000 USD", None],
    }


def test_of_whose_records_the_text_left(project):
    notes = {"sent": {"train": 7}, "kept_here": {"train": 1, "test": 2}, "language_model": used(7)}
    steps = [{"step": "splits", "notes": {}}, {"step": "tags", "notes": notes}]
    (_, found) = model_costs(with_reports(project, clean={"steps": steps}))
    assert (found["name"], found["rows"]) == (
        "texts_sent",
        [["clean › tags", "test", 0, 2], ["clean › tags", "train", 7, 1]],
    )


def test_what_a_dry_run_would_ask_stands_apart(project):
    inputs = with_reports(project, label={"notes": {"answers": {"forecast": {"big": used(9), "judge j": used(0)}}}})
    (found,) = model_costs(inputs)
    assert (found["name"], found["rows"][0]) == ("model_forecasts", ["label › answers › big", 9, 90, 45, "0.1800 USD"])
    assert found["rows"][1][-1] is None


def test_nothing_is_shown_where_nobody_was_asked(project):
    inputs = load_inputs(project, TASK, Params())
    assert model_costs(inputs) == []
    assert "model_costs" not in str(sources(inputs))
