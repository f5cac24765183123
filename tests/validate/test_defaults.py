from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.core.settings import Task, load
from pipeline.modeling.models import Models
from pipeline.validate.expectations import EXPECTATIONS
from pipeline.validate.params import Params
from pipeline.validate.suite import make_checks, read_suite
from tests.validate.conftest import chat, review, view

ROOT = Path(__file__).parents[2]
EXAMPLES = {"classification": review("a", "好 good"), "chat": chat("c", [("user", "你好")], "Hi")}


@pytest.mark.parametrize("file", ["params.yaml", "pipeline/commands/templates/chat.yaml"])
def test_the_projects_suites_fit_their_tables(file):
    task = load("task", Task, ROOT / file)
    rules = read_suite(load("validate", Params, ROOT / file).suite)
    assert len(rules) >= 10
    assert {rule.severity for rule in rules} == {"error", "warn"}
    # Counting tokens would fetch the model: a name that is no folder is estimated.
    models = Models.model_validate_json('{"encoder": {"name": "none"}, "generator": {"name": "none"}}')
    assert len(make_checks(rules, view([EXAMPLES[task.type]], task, models=models))) == len(rules)


def test_every_expectation_is_documented():
    text = (ROOT / "docs/validation.md").read_text("utf-8")
    missing = [name for name in EXPECTATIONS if f"`{name}`" not in text]
    assert not missing
    for name, entry in EXPECTATIONS.items():
        line = next(line for line in text.splitlines() if line.startswith(f"| `{name}`"))
        own = set(entry.settings.model_fields) - {"expect", "severity", "note", "share"}
        assert not {setting for setting in own if f"`{setting}`" not in line}, name
