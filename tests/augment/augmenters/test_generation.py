import pytest

from pipeline.augment.augmenters import METHODS
from pipeline.augment.augmenters.request import EngineMissingError
from pipeline.modeling.models import Model, Models


def build(name, **values):
    method = METHODS[name]
    return method.function(method.settings(**values), Models())


def test_generation_without_a_model_names_the_setting():
    with pytest.raises(EngineMissingError, match=r"models\.generator"):
        build("generation")


def test_generation_with_a_missing_folder_is_named():
    method = METHODS["generation"]
    with pytest.raises(EngineMissingError, match="is not there"):
        method.function(method.settings(), Models(generator=Model(name="./no/such/model")))
