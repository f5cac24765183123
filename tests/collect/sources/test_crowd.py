from __future__ import annotations

import pytest

from pipeline.collect.sources import source_settings
from pipeline.core.errors import PipelineError

VOTES = {"kind": "crowd", "of": "texts", "licence": "MIT", "path": "v.csv"}


@pytest.mark.parametrize(
    ("settings", "votes", "message"),
    [
        ({"of": "text"}, ["w,k1,positive"], "no source of records is called 'text'"),
        ({"item": "itm"}, ["w,k1,positive"], "votes.item: no column 'itm' in v.csv"),
        ({"label": "lable"}, ["w,k1,positive"], "votes.label: no column 'lable' in v.csv"),
        ({}, [], "votes: its files hold no votes"),
        ({}, ["w,k9,positive"], "no vote found its record. .* no record of the key or id 'k9'"),
        ({}, ["w,k1,gut", "v,k2,gut", "w,k9,positive"], "no vote counts: 2 of 3 are unknown_label"),
        ({"path": "absent.csv"}, [], "no file matches 'absent.csv'"),
        ({"role": "train"}, [], "role is not a known setting"),
    ],
)
def test_wrong_settings_are_named(voted, settings, votes, message):
    with pytest.raises(PipelineError, match=message):
        voted(votes, **settings)


def test_the_settings_of_a_source_name_the_kind():
    assert source_settings("votes", VOTES).kind == "crowd"
