import random

import pytest

from pipeline.augment.augmenters import augmenter, build
from pipeline.augment.augmenters.request import EngineMissingError, Request
from pipeline.core.errors import PipelineError
from pipeline.core.record import content_id
from pipeline.modeling.models import Models

TEXT = "The friendly waiter brought wonderful dishes to our table"


def ask(text, lang="en", protected=()):
    return Request(text, lang, content_id(text), protected)


def test_our_methods_stand_in_nlpaug_flows_beside_its_own():
    import nlpaug.augmenter.char as nac
    import nlpaug.flow as naf
    from nlpaug import Augmenter

    ours = augmenter("random_swap")
    assert isinstance(ours, Augmenter)
    flow = naf.Sequential([naf.Sometimes([ours], aug_p=1.0), nac.KeyboardAug(aug_char_max=1, aug_word_max=1)])
    random.seed(3)
    [first] = flow.augment(TEXT)
    assert first != TEXT
    random.seed(4)
    both = ours.augment([TEXT, "another text of words"])
    assert len(both) == 2
    assert sorted(both[0].lower().split()) == sorted(TEXT.lower().split())


def test_nlpaugs_own_augmenters_run_seeded():
    values = {"flow": [{"augmenter": "char.RandomCharAug", "action": "swap", "aug_word_max": 1}]}
    [child] = build("nlpaug", values, Models())([ask(TEXT)])
    assert child != TEXT
    assert build("nlpaug", values, Models())([ask(TEXT)]) == [child]


def test_what_nlpaug_cannot_work_with_is_told_with_the_remedy(monkeypatch):
    import nltk

    quoted = {"flow": [{"augmenter": "char.RandomCharAug", "aug_char_p": "0.5"}]}
    with pytest.raises(PipelineError, match=r"nlpaug\.flow: the flow could not run: TypeError: must be real number"):
        build("nlpaug", quoted, Models())([ask(TEXT)])
    monkeypatch.setattr(nltk, "download", lambda *names, **options: False)
    monkeypatch.setattr(nltk.data, "path", [])
    with pytest.raises(EngineMissingError, match=r"python -m nltk\.downloader punkt_tab"):
        build("nlpaug", {"flow": [{"augmenter": "sentence.RandomSentAug"}]}, Models())([ask(f"{TEXT}. It was good.")])
