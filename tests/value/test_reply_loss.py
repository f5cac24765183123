"""Two sequences of replies that differ in what is left out."""

from __future__ import annotations

from itertools import pairwise

from pipeline.value.reply_loss import sequences, without
from tests.value.dialogue_rows import PARAMS, a


def test_both_variants_have_the_same_others_at_the_same_places():
    dialogues = [a(f"t{n}", ("en", "zh")[n % 2], source="ab"[n // 4 % 2]) for n in range(12)]
    (base,) = sequences(dialogues, 24, PARAMS.model_copy(update={"reply_seeds": 1}))
    left = without(base, lambda t: t.of["source"] == "a", [t for t in dialogues if t.of["source"] == "b"], 0)
    assert len(left) == len(base) == 24
    for one, other in zip(base, left, strict=True):
        assert one == other if one.of["source"] == "b" else other.of["source"] == "b"
        assert one.lang == other.lang
    taken = [o.root for one, o in zip(base, left, strict=True) if one.of["source"] == "a" and one.lang == "en"]
    assert max(map(taken.count, taken)) - min(map(taken.count, taken)) <= 1, "none is drawn twice before all are once"


def test_copies_of_a_dialogue_lie_apart_in_a_pass_and_move_no_other():
    dialogues = [a(f"t{n:02}") for n in range(30)]
    one = PARAMS.model_copy(update={"reply_seeds": 1})
    (once,), (mixed,) = sequences(dialogues, 30, one), sequences([*dialogues, *dialogues[:5] * 3], 45, one)
    assert [dialogue for dialogue in mixed if dialogue not in dialogues[:5]] == [
        dialogue for dialogue in once if dialogue not in dialogues[:5]
    ]
    assert [mixed.count(dialogue) for dialogue in dialogues] == [4] * 5 + [1] * 25
    assert sum(left == right for left, right in pairwise(mixed)) <= 3, "four of each side by side would be 15"
