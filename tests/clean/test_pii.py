"""Optional recognisers: what they find is named in our kinds; a missing one is told with the remedy."""

import sys
from types import SimpleNamespace

import pytest

from pipeline.clean.steps.pii import Pii, handle_pii
from pipeline.core.errors import PipelineError
from pipeline.runtime.store import to_records
from pipeline.text.entity_recognisers import recogniser
from tests.clean.records import make, table


@pytest.fixture
def spacy(monkeypatch):
    """The interface of spaCy with a pipeline that knows one name and one place."""
    recogniser.cache_clear()

    def pipeline(text):
        known = {"Ann Lee": "PERSON", "Leeds": "GPE", "Monday": "DATE"}
        return SimpleNamespace(
            ents=[
                SimpleNamespace(start_char=text.index(word), end_char=text.index(word) + len(word), label_=label)
                for word, label in known.items()
                if word in text
            ]
        )

    monkeypatch.setitem(sys.modules, "spacy", SimpleNamespace(load=lambda name: pipeline))
    yield
    recogniser.cache_clear()


def test_names_and_places_are_masked_beside_the_patterns(context, spacy):
    settings = Pii(name="mask", address="keep", recogniser="spacy:en_core_web_sm")
    outcome = handle_pii(table([make("Ann Lee of Leeds, a@b.com, on Monday; Ann Lee")]), settings, context)
    (kept,) = to_records(outcome.kept)
    assert kept.fields["text"] == "[NAME_1] of Leeds, [EMAIL_1], on Monday; Ann Lee"
    assert outcome.notes["not_looked_for"] == []
    assert outcome.notes["entities"] == {"name": 1, "email": 1, "address": 1}


def test_what_nothing_looks_for_is_said(context):
    assert handle_pii(table([make("Ann Lee")]), Pii(), context).notes["not_looked_for"] == ["name", "address"]
    assert handle_pii(table([]), Pii(), context).notes["not_looked_for"] == ["name", "address"]


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        ({"name": "mask"}, "clean.pii.name: nothing here finds it", "recogniser"),
        ({"recogniser": "spacy"}, "names no model", "en_core_web_sm"),
        ({"recogniser": "spacy:no_such_pipeline"}, "cannot be loaded", "pip install spacy"),
        ({"recogniser": "bert:x"}, "bert", "spacy"),
    ],
)
def test_a_missing_recogniser_stops_the_run(context, settings, message, hint, monkeypatch):
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(PipelineError) as caught:
        handle_pii(table([make("Ann Lee")]), Pii(**settings), context)
    assert message in str(caught.value)
    assert hint in f"{caught.value} {caught.value.hint}"
