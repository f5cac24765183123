"""Variants of conversations: what is held out, undone and grouped."""

from __future__ import annotations

from dataclasses import replace

from pipeline.core.record import Change, as_json
from pipeline.value.dialogues import dialogues_as_mixed, groups_of, raw_dialogues, steps_undone, train_dialogues
from pipeline.value.variants import Stages
from tests.value.dialogue_rows import CHAT, a, dialogue


def test_variants_leave_out_what_is_held_out_and_its_copies(rows):
    copy = dialogue(3, "good", None)
    collected = [replace(row, split=None) for row in rows] + [replace(copy, id="copy")]
    stages = Stages(collected, rows, rows, rows, {"copy": "goodtest003"})
    assert {one.root for one in raw_dialogues(stages, CHAT)} & {row.id for row in rows if row.split == "test"} == set()
    assert "copy" not in {one.root for one in raw_dialogues(stages, CHAT)}
    child = rows[0].child("augment.x", rows[0].fields, "thank you slow")
    assert [one.root for one in train_dialogues([rows[0], child], CHAT)] == [rows[0].id] * 2


def test_an_edit_is_undone_for_its_step_alone():
    change = Change("pii", "target", as_json("thank you anna"), as_json("thank you"))
    other = Change("splits", "group", as_json(None), as_json("g"))
    row = replace(dialogue(0), history=(change, other))
    found = steps_undone(Stages([], [row], [row], [row]), [("quality", dialogue(2, split=None))], CHAT)
    assert found["pii"][0].messages[-1] == ("assistant", "thank you anna")
    assert set(found) == {"pii", "quality"}


def test_groups_that_are_nearly_all_or_few_or_single_values_are_no_groups():
    dialogues = [a(f"t{n}", source="ab"[n > 6], meta_topic="x", meta_rare="yz"[n == 0]) for n in range(20)]
    assert groups_of(dialogues, 5, 8) == [("source", "b", 13), ("source", "a", 7)]
    assert groups_of(dialogues, 5, 1) == [("source", "b", 13)]


def test_a_mixture_repeats_dialogues_by_their_own_records(rows):
    child = rows[0].child("augment.x", rows[0].fields, "thank you slow")
    records = [rows[0], child, rows[1], replace(rows[2], target=None), *(row for row in rows if row.split == "test")]
    found = dialogues_as_mixed(records, CHAT, {rows[0].id: 0, child.id: 3, rows[2].id: 9})
    assert [(one.root, one.messages[-1][1]) for one in found] == [
        *[(rows[0].id, "thank you slow")] * 3,
        (rows[1].id, rows[1].target),
    ]
    assert dialogues_as_mixed(records, CHAT, {}) == train_dialogues(records, CHAT)
