"""Two sequences of replies that differ in what is left out."""

from __future__ import annotations

from pipeline.value.reply_loss import sequences, without
from tests.value.talk_rows import PARAMS, a


def test_both_variants_have_the_same_others_at_the_same_places():
    talks = [a(f"t{n}", ("en", "zh")[n % 2], source="ab"[n // 4 % 2]) for n in range(12)]
    (base,) = sequences(talks, 24, PARAMS.model_copy(update={"reply_seeds": 1}))
    left = without(base, lambda t: t.of["source"] == "a", [t for t in talks if t.of["source"] == "b"], 0)
    assert len(left) == len(base) == 24
    for one, other in zip(base, left, strict=True):
        assert one == other if one.of["source"] == "b" else other.of["source"] == "b"
        assert one.lang == other.lang
    taken = [o.root for one, o in zip(base, left, strict=True) if one.of["source"] == "a" and one.lang == "en"]
    assert max(map(taken.count, taken)) - min(map(taken.count, taken)) <= 1, "none is drawn twice before all are once"
