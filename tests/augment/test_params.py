import pytest

from pipeline.augment.run import run
from pipeline.core.errors import PipelineError
from tests.augment.conftest import reviews


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        ({"synonims": {}}, "unknown name 'synonims'"),
        ({"random_swap": {"facter": 1}}, "augment.methods.random_swap.facter is not a known setting"),
        ({"random_swap": {"factor": -1}}, "augment.methods.random_swap.factor"),
    ],
)
def test_wrong_settings_are_named(project, methods, message):
    folder = project(reviews(), {"methods": methods})
    with pytest.raises(PipelineError, match=message):
        run(folder / "label", folder / "out")
