"""Damage as it happens to real training data, planted with a seed so that what was lost is known.

Applied in this order to a list of clean rows (id, text, label):

1. near-duplicates, 20 % of the rows: copies with one word misspelt, left out or said twice, or only other spacing, case
   and punctuation. Half are copies of train rows, half of *test* rows: leakage into train.
2. wrong labels, 10 % of all rows: each gets a class that a model, trained without the row, confuses its own class with,
   as often as it does so.
3. broken text, 5 % of all rows: UTF-8 read as cp1252, HTML around and in the text, or its second half lost.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

DUPLICATES, WRONG, BROKEN = 0.20, 0.10, 0.05


@dataclass(frozen=True)
class Row:
    """`origin` is the id of the clean row; `kind` says what was done; `truth` is the right label."""

    id: str
    text: str
    label: str
    truth: str
    origin: str
    kind: tuple[str, ...] = ()


def damage(
    train: Sequence[Row], test: Sequence[Row], confusions: Mapping[str, Counter[str]], seed: int = 0
) -> list[Row]:
    """The damaged train rows, in random order."""
    rng = random.Random(seed)
    count = round(DUPLICATES * len(train) / 2)
    copies = [_copy(row, n, rng, "copy") for n, row in enumerate(rng.sample(list(train), count))]
    leaks = [_copy(row, n, rng, "leak") for n, row in enumerate(rng.sample(list(test), min(count, len(test))))]
    rows = [*train, *copies, *leaks]
    for n in rng.sample(range(len(rows)), round(WRONG * len(rows))):
        rows[n] = replace(rows[n], label=_confused(rows[n].label, confusions, rng), kind=(*rows[n].kind, "wrong"))
    for n in rng.sample(range(len(rows)), round(BROKEN * len(rows))):
        rows[n] = replace(rows[n], text=_break(rows[n].text, rng), kind=(*rows[n].kind, "broken"))
    rng.shuffle(rows)
    return rows


def confusions(labels: Sequence[str], predicted: Sequence[str]) -> dict[str, Counter[str]]:
    """How often each class is taken for each other one."""
    found: dict[str, Counter[str]] = {label: Counter() for label in labels}
    for label, said in zip(labels, predicted, strict=True):
        if label != said:
            found[label][said] += 1
    return found


def _confused(label: str, confusions: Mapping[str, Counter[str]], rng: random.Random) -> str:
    others = confusions[label] or Counter(name for name in confusions if name != label)
    return rng.choices(list(others), list(others.values()))[0]


def _copy(row: Row, n: int, rng: random.Random, kind: str) -> Row:
    words = row.text.split()
    place = rng.randrange(len(words))
    way = rng.choice(["typo", "drop", "twice", "surface"])
    if way == "typo" and len(words[place]) > 3:
        word = words[place]
        k = rng.randrange(1, len(word) - 2)
        words[place] = word[:k] + word[k + 1] + word[k] + word[k + 2 :]
    elif way == "drop" and len(words) > 4:
        del words[place]
    elif way == "twice":
        words.insert(place, words[place])
    else:
        words = [" ".join(words).rstrip("?.!").lower() + "  "]
    return replace(row, id=f"{kind}{n}", text=" ".join(words), kind=(kind,))


def _break(text: str, rng: random.Random) -> str:
    way = rng.choice(["mojibake", "html", "cut"])
    if way == "mojibake":
        text = text.replace("'", "’").replace("£", "€") + " …"
        return text.encode("utf-8").decode("cp1252", "replace")
    if way == "html":
        return f"<div class='msg'><p>{text.replace('&', '&amp;').replace(chr(39), '&#39;')}</p></div>"
    return text[: max(4, len(text) // 2)]
