import pytest

from pipeline.augment.augmenters import METHODS
from pipeline.core.errors import PipelineError
from pipeline.modeling.models import Models


def build(name, **values):
    method = METHODS[name]
    return method.function(method.settings(**values), Models())


def test_unknown_engine_is_named():
    with pytest.raises(PipelineError, match="engine: unknown name 'apertum'"):
        build("back_translation", engine="apertum")
