"""Section `clean` is built from the table of steps: one line there is enough."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.clean.params import CleanParams, Params, params_class
from pipeline.clean.step import Context
from pipeline.clean.steps import STEPS
from pipeline.core.errors import PipelineError
from pipeline.core.registry import Entry
from pipeline.core.settings import Settings, parse
from pipeline.runtime.stage import Outcome, keep_all


class Shout(Settings):
    loud: bool = False


class Strict(Settings):
    must: int


def shout(table: pa.Table, settings: Shout, context: Context) -> Outcome:
    return keep_all(table)


def test_every_step_has_its_settings_and_none_is_more_than_listed() -> None:
    assert set(Params.model_fields) == {"steps", *STEPS}
    assert all(type(Params().of(name)) is entry.settings for name, entry in STEPS.items())


def test_a_step_that_is_registered_can_be_set_at_once() -> None:
    made = params_class({**STEPS, "shout": Entry(Shout, shout)})
    params = parse({"steps": ["shout"], "shout": {"loud": True}}, made, "params.yaml: clean")
    assert params.of("shout") == Shout(loud=True)
    assert made().of("shout") == Shout()
    with pytest.raises(PipelineError, match=r"clean\.shout\.lod is not a known setting\. Did you mean 'loud'"):
        parse({"shout": {"lod": True}}, made, "params.yaml: clean")


def test_a_step_that_is_not_registered_cannot_be_set() -> None:
    with pytest.raises(PipelineError, match=r"clean\.shout is not a known setting"):
        parse({"shout": {"loud": True}}, Params, "params.yaml: clean")


@pytest.mark.parametrize("entry", [Entry(Strict, shout)])
def test_settings_without_a_default_are_refused_where_the_table_is_read(entry: Entry[Settings, object]) -> None:
    with pytest.raises(ValueError, match="must"):
        params_class({"strict": entry})  # type: ignore[dict-item]


def test_without_steps_there_is_the_order_alone() -> None:
    assert list(params_class({}).model_fields) == list(CleanParams.model_fields) == ["steps"]
