"""What the page says of benchmark items and of groups that were too large, from the step's own notes."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.report.document import build
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
from pipeline.report.render import render
from pipeline.report.sections.contamination import contamination
from pipeline.report.verdict.splits import contamination as verdict_on
from tests.clean.contamination.problems import NAMES, THINGS, chat, problem, run
from tests.report.conftest import TASK

OURS = [
    chat(f"own{n}", f"Please write a note number {n} about {t} for my aunt {NAMES[0]}.") for n, t in enumerate(THINGS)
]
ITEMS = [chat(f"b{n}", problem(n), role="benchmark", reply=None) for n in range(30)]
LARGE = {"source": "邮件", "records": 60, "share": 0.4, "text": "一封模板信", "similarity": 0.75, "largest_part": 9}


def inputs_with(project, *steps):
    inputs = load_inputs(project, TASK, Params())
    clean = {**inputs.report("clean"), "steps": [{"step": name, "notes": notes} for name, notes in steps]}
    return replace(inputs, reports={**inputs.reports, "clean": clean})


def named(blocks, kind):
    return {block.get("name", block.get("key")): block for block in blocks if block["kind"] == kind}


def test_items_found_recall_and_evidence(project):
    notes = run([*OURS, chat("copy", problem(0)), chat("t", problem(1), role="test"), *ITEMS])[0].notes
    inputs = inputs_with(project, ("decontaminate", notes), ("near_duplicates", {"large_groups": [LARGE]}))
    blocks = contamination(inputs)
    assert named(blocks, "note")["contamination_found"]["args"]["records"] == 2
    tables = named(blocks, "table")
    assert {row[0] for row in tables["contamination_recall"]["rows"]} == set(notes["recall"])
    assert tables["contamination_items"]["rows"] == [["maths", 30, 2]]
    assert {row[0] for row in tables["contamination_evidence"]["rows"]} == {"copy", "t"}
    assert tables["large_groups"]["rows"] == [["near_duplicates", "邮件", 60, 0.4, 0.75, 9, "一封模板信"]]
    assert "一封模板信" in render(build(inputs))


SHORT = ["谁写了这本书", "这条河有多长", "城市哪年建成", "桥由谁设计的", "谁是首任校长"]


def test_kinds_of_copies_that_are_found_too_rarely_are_named_with_their_figure(project):
    items = [chat(f"s{n}", f"{NAMES[n % 4]}{SHORT[n % 5]}第{n}问", role="benchmark", reply=None) for n in range(40)]
    notes = run([*OURS, *items])[0].notes
    assert "reworded" in notes["recall_missed"]
    inputs = inputs_with(project, ("decontaminate", notes))
    notes_shown = [block for block in contamination(inputs) if block.get("key") == "contamination_missed"]
    assert {block["args"]["kind"] for block in notes_shown} == set(notes["recall_missed"])
    assert all(block["tone"] == "warn" and "%" in block["args"]["share"] for block in notes_shown)
    assert "may still be in the data" in render(build(inputs))


@pytest.mark.parametrize(
    ("steps", "key"),
    [
        ([("repair_text", {})], "contamination_not_listed"),
        ([("decontaminate", {"applies": False, "why": "x"})], "contamination_no_benchmark"),
    ],
)
def test_that_nobody_looked_is_said(project, steps, key):
    assert list(named(contamination(inputs_with(project, *steps)), "note")) == [key]


def test_nothing_found_and_nothing_run(project):
    notes = run([*OURS, *ITEMS])[0].notes
    blocks = contamination(inputs_with(project, ("decontaminate", notes)))
    assert next(iter(named(blocks, "note"))) == "contamination_none"
    assert "contamination_evidence" not in named(blocks, "table")
    assert [block["kind"] for block in contamination(inputs_with(project))] == ["missing"]


def test_the_verdict_leads_to_the_section(project):
    steps: list[list[tuple[str, dict[str, Any]]]] = [
        [],
        [("decontaminate", {"applies": False})],
        [("decontaminate", {"applies": True})],
    ]
    steps.append([("decontaminate", {"applies": True, "recall": {"whole": {"value": 0.5}}})])
    for some in steps:
        (finding,) = verdict_on(inputs_with(project, *some))
        assert finding.section == contamination.__name__
