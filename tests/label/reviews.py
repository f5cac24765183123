"""What the tests of label share."""

from __future__ import annotations

from tests.label.conftest import record

GOOD, BAD = ["great movie", "很好看", "非常喜欢"], ["awful movie", "很难看", "非常讨厌"]


def train(rows=120):
    words = (GOOD, BAD)
    return [
        record(f"t{n:03}", ("positive", "negative")[n % 2], f"{words[n % 2][n // 2 % 3]} {n}", group=f"g{n}")
        for n in range(rows)
    ]


RECORDS = [
    *train(),
    record("test", "positive", "fine", split="test"),
    record("easy", None, "great great 很好看", split="unlabelled", role="unlabelled"),
    record("hard", None, "???", split="unlabelled", role="unlabelled"),
    record("crowd", None, "so so", split="unlabelled", votes=[("x", "好"), ("y", "好"), ("小王", "好")]),
    record("split", None, "hm", split="unlabelled"),
    record("bench", None, "b", split="benchmark"),
]
