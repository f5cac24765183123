"""Settings of label errors."""

from __future__ import annotations

import pytest

from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.core.errors import PipelineError
from pipeline.core.settings import parse

WHERE = "params.yaml: clean.label_errors"


def test_nothing_set_is_a_sound_section():
    found = parse({}, LabelErrors, WHERE)
    assert 0 < found.review_share < found.planted < 0.5 < found.autofix_precision <= 1


def test_an_old_name_is_read_as_that_of_today():
    assert parse({"strength": 3.0}, LabelErrors, WHERE).C == 3.0


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"folds": 1}, "folds"),
        ({"planted": 0.5}, "planted"),
        ({"autofix_precision": 0}, "autofix_precision"),
        ({"set_aside": 1.5}, "set_aside"),
        ({"reveiw_share": 0.1}, "review_share"),
    ],
)
def test_wrong_settings_are_named(values, said):
    with pytest.raises(PipelineError) as error:
        parse(values, LabelErrors, WHERE)
    assert said in f"{error.value.message} {error.value.hint}"
