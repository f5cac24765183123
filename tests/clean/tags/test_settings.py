"""Settings of tags."""

from __future__ import annotations

import pytest

from pipeline.clean.tags.settings import USUAL, Tags
from pipeline.core.errors import PipelineError
from pipeline.core.settings import parse


def test_clusters_ask_nobody_and_the_usual_tags_are_there() -> None:
    assert Tags().by == "clusters"
    assert Tags().tags == USUAL


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"tags": {}}, "names no tag"),
        ({"tags": {"my tag": []}}, "'my tag' names no tag"),
        ({"tags": {"主题": []}}, "names no tag"),
        ({"clusters": 1}, "clusters"),
        ({"by": "magic"}, "by"),
    ],
)
def test_settings_that_name_no_tags_are_refused(values: dict[str, object], said: str) -> None:
    with pytest.raises(PipelineError) as error:
        parse(values, Tags, "params.yaml: clean.tags")
    assert said in error.value.message
