"""Values of columns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.core.record import Decision
from tests.validate.conftest import assert_names, check, review, sound_reviews

# What is added to the sound records, the entry, and the records that must be named with part of the reason.
FAILING = [
    ([review("bad", "  \n")], {"expect": "values_present", "column": "text"}, {"bad": "no value"}),
    ([review("bad", "没有标签", None)], {"expect": "values_present", "column": "label"}, {"bad": "no value"}),
    ([review("en1", "Same id.")], {"expect": "unique", "column": "id"}, {"en1": "en1"}),
    ([review("bad", "好")], {"expect": "length_between", "column": "text", "min": 5}, {"bad": "好"}),
    (
        [review("bad", "Who knows", labels_by=Decision("crowd:vote", 0.2))],
        {"expect": "number_between", "column": "label_confidence", "min": 0.5},
        {"bad": "0.2"},
    ),
    ([review("bad", "C'est bien.", lang="fr")], {"expect": "in_languages"}, {"bad": "fr"}),
]


@pytest.mark.parametrize(("added", "entry", "named"), FAILING, ids=lambda value: str(value)[:40])
def test_a_bad_record_is_named_with_the_reason(added, entry, named):
    assert_names(added, entry, named)


@pytest.mark.parametrize(("share", "passed"), [(0.9, False), (0.8, True)])
def test_a_share_may_break_the_rule(share, passed):
    records = [*sound_reviews(), review("bad", "好")]
    finding = check(records, expect="length_between", column="text", min=5, share=share)
    assert finding.passed is passed
    assert finding.unexpected == 1


def test_columns_of_records_can_be_named():
    records = [replace(record, group=None) if record.id == "zh1" else record for record in sound_reviews()]
    finding = check(records, expect="values_present", column="group")
    assert finding.first == ({"id": "zh1", "why": "no value"},)
