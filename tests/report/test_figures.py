"""Targets as people write them."""

from __future__ import annotations

import pytest

from pipeline.report.figures import plain_label


@pytest.mark.parametrize(
    ("target", "text", "shown"),
    [
        ('"positive"', "", "positive"),
        ('[{"start": 0, "end": 3, "label": "PER"}]', "Ann lives", "PER: Ann"),
        ('[{"start": 5, "end": 9, "label": "PER"}]', "", "PER: [5, 9)"),
        ('[{"start": 3, "text": "北京"}]', "我住在北京", "北京"),
        ("[]", "", "[]"),
        ("0.5", "", "0.5"),
        (None, "", None),
    ],
)
def test_targets_read_as_people_write_them(target, text, shown):
    assert plain_label(target, text) == shown
