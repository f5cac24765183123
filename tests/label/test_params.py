from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.label.run import run
from tests.label.reviews import RECORDS


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ({"crowd": {"methd": "mace"}}, "label.crowd.methd is not a known setting. Did you mean 'method'?"),
        ({"crowd": {"min_posterior": 2}}, "label.crowd.min_posterior"),
        ({"prelabel": {"min_precision": "high"}}, "label.prelabel.min_precision"),
        ({"precedence": ["human", "modle"]}, "Did you mean 'model'?"),
    ],
)
def test_wrong_settings_are_explained(project, label, message):
    project.write(RECORDS, label=label)
    with pytest.raises(PipelineError) as error:
        run(project.clean, project.annotations, project.out)
    assert message in str(error.value)


def test_shipped_settings_are_valid():
    from pipeline.core.settings import load
    from pipeline.label.params import Params

    root = Path(__file__).parents[2]
    for name in ("params.yaml", "pipeline/commands/templates/chat.yaml"):
        assert load("label", Params, root / name).precedence[0] == "human"
