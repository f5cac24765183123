"""Marked entities."""

from __future__ import annotations

import pytest

from pipeline.core.record import Reject
from pipeline.tasks import TASKS
from tests.strategies import record


def test_entity_is_found_again_in_a_reworded_text() -> None:
    example = record({"text": "Ann lives in 北京 now"}, [{"start": 13, "end": 15, "label": "地点"}])
    fields, (span,) = TASKS["ner"].with_augmentable(example, "Today Ann is living in 北京")
    assert fields["text"][span["start"] : span["end"]] == "北京"
    with pytest.raises(Reject, match="entity_lost"):
        TASKS["ner"].with_augmentable(example, "Ann lives in Beijing now")
