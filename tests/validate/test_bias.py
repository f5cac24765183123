"""Associations of labels with attributes."""

from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError
from pipeline.validate.bias import correlation_ratio, cramers_v
from tests.validate.conftest import sound_reviews
from tests.validate.topics import profiled


def test_associations_know_nothing_and_everything():
    assert cramers_v([[50, 0], [0, 50]]) == pytest.approx(1)
    assert cramers_v([[25, 25], [25, 25]]) == 0
    assert cramers_v([[5, 5]]) == 0
    assert correlation_ratio([[1, 1], [3, 3]]) == pytest.approx(1)
    assert correlation_ratio([[1, 3], [1, 3]]) == 0


def test_an_unknown_attribute_is_named_with_a_guess():
    with pytest.raises(PipelineError, match=r"attributes: the table has no column 'sorce'") as caught:
        profiled(sound_reviews(), attributes=("sorce",))
    assert "Did you mean 'source'?" in str(caught.value)
