from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.record import Change, Record, Reject, Source, as_json, content_id, share

SOURCE = Source("tweets", "files", "tweets.csv", 2, "MIT", "train")
PARENT = Record("p1", {"text": "很好"}, SOURCE, "positive", "zh", split="train", group="g", scores={"quality": 0.5})


def test_derive_writes_each_edit_into_the_history():
    edited = PARENT.derive("repair", fields={"text": "很 好"}, lang="en", split="dev")
    assert edited.history == (
        Change("repair", "lang", '"zh"', '"en"'),
        Change("repair", "fields.text", '"很好"', '"很 好"'),
    )
    assert (edited.split, edited.target, PARENT.fields["text"]) == ("dev", "positive", "很好")


def test_derive_without_an_edit_leaves_the_history_alone():
    assert PARENT.derive("repair", fields={"text": "很好"}, target="positive").history == ()


def test_derive_notes_added_and_removed_fields():
    edited = PARENT.derive("map", fields={"title": "x"})
    assert [(c.field, c.before, c.after) for c in edited.history] == [
        ("fields.text", '"很好"', "null"),
        ("fields.title", "null", '"x"'),
    ]


def test_child_keeps_split_group_and_source_and_names_its_parent():
    child = PARENT.child("synonyms", {"text": "非常好"}, "positive")
    assert (child.parent_id, child.split, child.group, child.source) == ("p1", "train", "g", SOURCE)
    assert child.id != PARENT.id
    assert (child.scores, child.votes) == ({}, ())
    assert child.id == PARENT.child("synonyms", {"text": "非常好"}, "positive").id
    assert child.id != PARENT.child("synonyms", {"text": "很棒"}, "positive").id


def test_records_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        PARENT.lang = "en"  # type: ignore[misc]


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_ids_are_stable_and_of_one_length(parts):
    assert content_id(*parts) == content_id(*parts)
    assert len(content_id(*parts)) == 20


def test_ids_of_known_content_never_change():
    # Written down: a change here would rename every record of every project.
    assert content_id("tweets", "1") == "3001ecd92249d81dca04"


def test_parts_are_kept_apart():
    assert content_id("ab", "c") != content_id("a", "bc")


@given(st.text(), st.text())
def test_share_is_a_stable_number_below_one(seed, id):
    assert 0 <= share(seed, id) < 1
    assert share(seed, id) == share(seed, id)


def test_shares_spread_evenly():
    values = [share("split", str(n)) for n in range(2000)]
    assert 0.47 < sum(values) / len(values) < 0.53


def test_json_is_canonical():
    assert as_json({"b": "好", "a": 1}) == '{"a": 1, "b": "好"}'


def test_reject_tells_reason_and_detail():
    assert str(Reject("unknown_label", "'x'")) == "unknown_label: 'x'"
    assert str(Reject("empty_text")) == "empty_text"
