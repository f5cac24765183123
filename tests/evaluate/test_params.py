"""Settings of the evaluation."""

from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import parse
from pipeline.evaluate.params import Params


def read(values):
    return parse(values, Params, "params.yaml: evaluate")


def test_groups_to_compare_are_terms_by_group():
    fairness = {"gender": {"women": ["she", "她"], "men": ["he", "他"]}}
    assert read({"fairness": fairness}).fairness["gender"]["women"] == ("she", "她")
    assert read({}).fairness == {}


@pytest.mark.parametrize(("old", "new", "value"), [("level", "confidence_level", 0.9), ("bins", "calibration_bins", 7)])
def test_old_names_are_read_as_those_of_today(old, new, value):
    assert getattr(read({old: value}), new) == value


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"fairness": {"gender": {"women": ["she"]}}}, "gender needs two groups"),
        ({"fairness": {"gender": {"women": ["she"], "men": []}}}, "gender.men needs terms"),
        ({"fairness": {"gender": {"women": ["she"], "men": [" "]}}}, "gender.men needs terms"),
        ({"resamples": 10}, "resamples"),
        ({"confidence_level": 1}, "confidence_level"),
        ({"alhpa": 0.1}, "alpha"),
    ],
)
def test_wrong_settings_are_named(values, said):
    with pytest.raises(PipelineError) as error:
        read(values)
    assert said in f"{error.value.message} {error.value.hint}"
