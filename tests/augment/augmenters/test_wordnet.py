from pathlib import Path

import pytest

from pipeline.augment.augmenters import METHODS
from pipeline.augment.augmenters.request import EngineMissingError
from pipeline.modeling.models import Models


def build(name, **values):
    method = METHODS[name]
    return method.function(method.settings(**values), Models())


def test_wordnet_missing_names_the_tool(monkeypatch, tmp_path):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path))
    monkeypatch.setenv("NLTK_DATA", str(tmp_path / "none"))
    if Path("/usr/share/nltk_data/corpora/wordnet").exists():
        pytest.skip("WordNet is installed for the whole system")
    with pytest.raises(EngineMissingError, match=r"tools/get_wordnet\.sh"):
        build("synonyms")
