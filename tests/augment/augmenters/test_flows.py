import pytest

from pipeline.augment.augmenters import build
from pipeline.augment.params import Params, enabled_methods
from pipeline.core.errors import PipelineError
from pipeline.modeling.models import Models


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("sequence", {}, "sequence.of is empty"),
        ("sequence", {"of": [{"word_share": 1}]}, "'method' is missing"),
        ("sequence", {"of": [{"method": "synonym"}]}, "unknown name 'synonym'"),
        ("sequence", {"of": [{"method": "spelling", "share": 1}]}, r"sequence\.of\.0\.spelling\.share is not a known"),
        ("nlpaug", {"flow": [{"augmenter": "char.KeybordAug"}]}, "Did you mean 'char.KeyboardAug'"),
        ("nlpaug", {"flow": [{"augmenter": "char.KeyboardAug", "wrong": 1}]}, "could not be made"),
        ("nlpaug", {"flow": [{"augmenter": "word.WordEmbsAug"}]}, "could not be made: .*model_type"),
        ("sequence", {"of": [{"method": "spelling", "factor": 1}]}, r"spelling\.factor belongs to the whole sequence"),
        ("sequence", {"of": [{"method": "spelling", "min_cosine": 0.9}]}, r"min_cosine belongs to the whole"),
        ("sequence", {"of": [{"method": "back_translation", "engine": "deepl"}]}, "unknown name 'deepl'"),
        ("synonyms", {"languages": ["zh"], "thesaurus": {"zh": "no/such.txt"}}, "No such file"),
        ("random_swap", {"word_share": 0}, r"random_swap\.word_share"),
        ("random_delete", {"word_share": 2.0}, r"random_delete\.word_share"),
    ],
)
def test_wrong_flows_are_named(name, values, message):
    with pytest.raises(PipelineError, match=message):
        build(name, values, Models())


@pytest.mark.parametrize(
    "methods",
    [
        {"sequence": {"of": [{"method": "synonym"}]}},
        {"sequence": {"of": [{"method": "sequence", "of": []}]}},
        {"nlpaug": {"flow": [{"augmenter": "char.Keybord"}]}},
        {"back_translation": {"engine": "deepl"}},
    ],
)
def test_names_are_checked_when_params_are_read_even_of_methods_that_are_off(methods):
    [(name, values)] = methods.items()
    with pytest.raises(PipelineError, match=rf"augment\.methods\.{name}"):
        enabled_methods(Params(methods={name: {**values, "enabled": False}}))
