"""Judges and teachers on the page, in both languages: what they cost, and what they are worth."""

from dataclasses import replace

import pytest

from pipeline.report.document import build
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
from pipeline.report.render import render
from pipeline.report.sections.judges import teachers, win_rates
from tests.report.conftest import TASK

FIGURE = {"value": 0.62, "low": 0.55, "high": 0.7}
USAGE = {"requests": 40, "cached": 2, "prompt_tokens": 900, "written_tokens": 100, "money": 0.0, "currency": "USD"}
JUDGE = {
    "win_rate": FIGURE,
    "win_rate_raw": {"value": 0.71, "low": 0.6, "high": 0.8},
    "unreadable": 3,
    "position_bias": {"value": 0.2, "low": 0.1, "high": 0.3},
    "length_bias": None,
    "gold": {"asked": 100, "read": 97, "right": {"value": 0.8, "low": 0.7, "high": 0.88}},
    "people": {"pairs": 30, "read": 30, "kappa": 0.55, "alpha": 0.6},
    "usage": {**USAGE, "money": 1.25},
}
WINS = {"pairs": 120, "gold": 100, "alpha": 0.41, "judges": {"严格": JUDGE, "mild": {**JUDGE, "people": None}}}
ANSWERS = {
    "applies": True,
    "teachers": {"big": {"model": "qwen3-32b", "licence": ""}},
    "usage": {"big": USAGE},
    "problems": {"big": {"refused": 2, "fails_number": 5}},
    "chosen": {"big": 30},
    "asked": 40,
    "answered": 33,
    "accepted": 30,
    "judged": {"min_grade": 4.5},
}


def with_notes(project, wins, answers):
    inputs = load_inputs(project, TASK, Params())
    evaluate = {**inputs.report("evaluate"), **({"win_rates": wins} if wins else {})}
    label = inputs.report("label")
    notes = {**label.get("notes", {}), "answers": answers}
    return replace(inputs, reports={**inputs.reports, "evaluate": evaluate, "label": {**label, "notes": notes}})


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_judges_and_teachers_are_on_the_page(project, lang):
    inputs = with_notes(project, {**WINS, "panel": {"win_rate": FIGURE, "win_rate_raw": FIGURE}}, ANSWERS)
    told, judges = win_rates(inputs)
    assert [item["key"] for item in told["items"]] == ["win_rate", "pairs", "judges_alpha"]
    assert [row[0] for row in judges["rows"]] == ["严格", "mild"]
    assert [row[4] for row in judges["rows"]] == [0.55, None]
    assert judges["rows"][0][-1] == "1.2500 USD"
    figures, wrote = teachers(inputs)
    assert [item["value"] for item in figures["items"]] == [40, 33, 30, 4.5]
    assert wrote["rows"] == [["big", "qwen3-32b", None, 42, 7, 30, "1,000 tokens"]]
    page = render(build(replace(inputs, params=Params(language=lang))))
    assert "严格" in page
    assert "qwen3-32b" in page


def test_judges_that_tell_nothing_say_so(project):
    inputs = with_notes(project, {**WINS, "panel": {"win_rate": None, "win_rate_raw": FIGURE}}, {})
    blocks = win_rates(inputs)
    assert (blocks[0]["kind"], blocks[0]["key"]) == ("note", "judges_tell_nothing")


def test_nothing_is_shown_where_nobody_was_asked(project):
    inputs = with_notes(project, None, {"applies": False, "why": "label.answers names no teacher"})
    assert win_rates(inputs) == teachers(inputs) == []
    dry_run = {"why": "evaluate.judge.dry_run is set", "forecast": {"j": USAGE}}
    assert win_rates(with_notes(project, dry_run, {})) == []
    dry = {**ANSWERS}
    dry.pop("usage")
    assert teachers(with_notes(project, None, dry)) == []
