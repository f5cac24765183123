"""Optional recognisers: what they find is named in our kinds; a missing one is told with the remedy."""

import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from pipeline.clean.steps.pii import Pii, handle_pii, mask_dropped
from pipeline.core.errors import PipelineError
from pipeline.core.record import Change
from pipeline.runtime.stage import Drop, drop_rows
from pipeline.runtime.store import to_records
from pipeline.text.entity_recognisers import recogniser
from pipeline.text.pseudonyms import pseudonym
from tests.clean.records import make, table, texts


@pytest.fixture
def spacy(monkeypatch):
    """The interface of spaCy with a pipeline that knows one name and one place."""
    recogniser.cache_clear()

    def found(text):
        known = {"Ann Lee": "PERSON", "Leeds": "GPE", "Monday": "DATE", "王小明": "PERSON", "北京": "GPE"}
        return SimpleNamespace(
            ents=[
                SimpleNamespace(start_char=text.index(word), end_char=text.index(word) + len(word), label_=label)
                for word, label in known.items()
                if word in text
            ]
        )

    class Pipeline:
        def __init__(self, name):
            self.lang = name[:2]

        def __call__(self, text):
            return found(text)

    monkeypatch.setitem(sys.modules, "spacy", SimpleNamespace(load=Pipeline))
    yield
    recogniser.cache_clear()


def test_names_and_places_are_masked_beside_the_patterns(context, spacy):
    settings = Pii(name="mask", address="keep", recogniser="spacy:en_core_web_sm")
    outcome = handle_pii(table([make("Ann Lee of Leeds, a@b.com, on Monday; Ann Lee")]), settings, context)
    (kept,) = to_records(outcome.kept)
    assert kept.fields["text"] == "[NAME_1] of Leeds, [EMAIL_1], on Monday; Ann Lee"
    assert outcome.notes["not_looked_for"] == ["name (zh)", "address (zh)"]
    assert outcome.notes["entities"] == {"name": 1, "email": 1, "address": 1}


ENGLISH_AND_CHINESE = {"en": "spacy:en_core_web_sm", "zh": "spacy:zh_core_web_sm"}


def test_one_recogniser_a_language_and_what_none_reads_is_said(context, spacy):
    records = table([make("Ann Lee, 王小明", lang="en"), make("王小明在北京, Ann Lee", lang="zh")])
    one = handle_pii(records, Pii(name="mask", recogniser="spacy:en_core_web_sm"), context)
    assert texts(one.kept) == ["[NAME_1], [NAME_2]", "王小明在北京, Ann Lee"]
    assert one.notes["not_looked_for"] == ["name (zh)", "address (zh)"]
    both = handle_pii(records, Pii(name="mask", address="mask", recogniser=ENGLISH_AND_CHINESE), context)
    assert texts(both.kept)[1] == "[NAME_1]在[ADDRESS_1], [NAME_2]"
    assert both.notes["not_looked_for"] == []
    every = handle_pii(records, Pii(name="mask", recogniser="spacy:xx_ent_wiki_sm"), context)
    assert every.notes["not_looked_for"] == []
    assert texts(every.kept)[1] == "[NAME_1]在北京, [NAME_2]"


def test_a_recogniser_of_another_language_is_refused(context, spacy):
    with pytest.raises(PipelineError, match=r"recogniser\.zh: it reads 'en'"):
        handle_pii(table([]), Pii(recogniser={"zh": "spacy:en_core_web_sm"}), context)


def test_what_nothing_looks_for_is_said(context):
    assert handle_pii(table([make("Ann Lee")]), Pii(), context).notes["not_looked_for"] == ["name", "address"]
    assert handle_pii(table([]), Pii(), context).notes["not_looked_for"] == ["name", "address"]


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        ({"name": "mask"}, "clean.pii.name: nothing here finds it", "recogniser"),
        ({"recogniser": "spacy"}, "names no model", "en_core_web_sm"),
        ({"recogniser": "spacy:no_such_pipeline"}, "cannot be loaded", "pip install spacy"),
        ({"recogniser": {"zh": "presidio:zh:no_such_pipeline"}}, "cannot be loaded", "presidio-analyzer"),
        ({"recogniser": "bert:x"}, "bert", "spacy"),
    ],
)
def test_a_missing_recogniser_stops_the_run(context, settings, message, hint, monkeypatch):
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(PipelineError) as caught:
        handle_pii(table([make("Ann Lee")]), Pii(**settings), context)
    assert message in str(caught.value)
    assert hint in f"{caught.value} {caught.value.hint}"


def test_mask_is_stable_and_leaves_nothing_in_history(context):
    first = make("a@b.com or c@d.com, again a@b.com").derive(
        "repair_text", fields={"text": "a@b.com, c@d.com, a@b.com"}
    )
    outcome = handle_pii(table([first]), Pii(), context)
    (kept,) = to_records(outcome.kept)
    assert kept.fields["text"] == "[EMAIL_1], [EMAIL_2], [EMAIL_1]"
    assert [c.step for c in kept.history] == ["repair_text", "pii"]
    assert "@b.com" not in str(kept.history)
    assert outcome.notes["entities"] == {"email": 3}
    assert handle_pii(outcome.kept, Pii(), context).changed == 0


def test_mask_leaves_no_other_spelling_in_history(context):
    first = make("拨打１３８１２３４５６７８。").derive("repair_text", fields={"text": "拨打１３８12345678。"})
    first = first.derive("repair_text", fields={"text": "拨打13812345678。"})
    (kept,) = to_records(handle_pii(table([first]), Pii(), context).kept)
    assert kept.fields["text"] == "拨打[CN_MOBILE_1]。"
    assert [(c.step, c.before) for c in kept.history[:2]] == [("repair_text", '"[masked]"')] * 2
    assert [c.after for c in kept.history] == ['"[masked]"', '"拨打[CN_MOBILE_1]。"', '"拨打[CN_MOBILE_1]。"']
    assert "１３８" not in str(kept.history)


def test_mask_keeps_the_history_of_other_fields(context):
    first = make("a@b.com").derive("language", lang="zh")
    (kept,) = to_records(handle_pii(table([first]), Pii(), context).kept)
    assert kept.history[0] == Change("language", "lang", '""', '"zh"')


def test_keep_and_drop(context):
    records = [make("a@b.com"), make("see 10.0.0.1")]
    outcome = handle_pii(table(records), Pii(email="drop"), context)
    assert texts(outcome.kept) == ["see 10.0.0.1"]
    assert outcome.dropped["reason"].to_pylist() == ["personal_data"]


def test_keys_that_name_somebody_become_pseudonyms(context):
    rows = [
        replace(make("fine"), group="ann@example.com", meta={"author": "ann@example.com", "product": "phone 1.2.3.4"}),
        replace(make("also fine"), group="ann@example.com"),
        replace(make("mail b@example.com"), group="thread 7"),
    ]
    first, second, third = to_records(handle_pii(table(rows), Pii(), context).kept)
    assert first.group == second.group == pseudonym("ann@example.com", "group") != "ann@example.com"
    assert first.meta == {"author": pseudonym("ann@example.com", "author"), "product": "phone 1.2.3.4"}
    assert third.group == "thread 7"
    keep = Pii.model_validate(dict.fromkeys(Pii().actions(), "keep"))
    assert next(to_records(handle_pii(table(rows), keep, context).kept)).group == "ann@example.com"


def test_rows_that_were_dropped_before_are_masked_too_and_none_is_lost(context):
    records = [make("write to a@b.com"), make("nothing here"), make("")]
    gone = drop_rows(
        table(records), "language", {n: Drop("x", f"saw {r.fields['text']}") for n, r in enumerate(records)}
    )
    for settings in (Pii(), Pii(email="drop")):
        masked = mask_dropped(gone.dropped, settings, context)
        assert masked.schema == gone.dropped.schema
        assert texts(masked) == ["write to [EMAIL_1]", "nothing here", ""]
        assert masked.column("detail").to_pylist() == ["saw write to [EMAIL_1]", "saw nothing here", "saw "]
        assert masked.column("id").to_pylist() == gone.dropped.column("id").to_pylist()
    assert mask_dropped(gone.dropped.slice(0, 0), Pii(), context).num_rows == 0
