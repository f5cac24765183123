import pytest

from pipeline.augment.augmenters.apertium import open_direction
from pipeline.augment.augmenters.request import EngineMissingError
from tests.augment.augmenters.engines import has_apertium

needs_apertium = pytest.mark.skipif(not has_apertium(), reason="apt-get install apertium apertium-eng-spa")


@needs_apertium
def test_apertium_without_the_direction_names_the_package():
    with pytest.raises(EngineMissingError, match="apertium-eng-xxx"):
        open_direction("eng-xxx")


def test_apertium_missing_names_the_package(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EngineMissingError, match="apt-get install apertium apertium-eng-spa"):
        open_direction("eng-spa")
