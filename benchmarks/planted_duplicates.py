"""Short texts with planted near duplicates, and how well a tool found them.

Originals are word chains drawn from real texts (English and Chinese, of the public data sets in SHARED_DATA): each word
follows one that it follows somewhere there. So unrelated texts share what texts of one language share, and what is
alike is known: real collections hold near duplicates of their own that nobody has marked. Copies are exact, reformatted
(case, punctuation, white space), or have 2 to 30 % of their words (Chinese: characters) replaced, left out or put in.
Everything follows from the seed.
"""

from __future__ import annotations

import csv
import os
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.text.scripts import count_han

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("SHARED_DATA", ROOT.parent / "shared" / "data"))
COPIES = 0.3  # share of all rows
EDITS = (0.02, 0.05, 0.1, 0.2, 0.3)
_CHARS = (24, 400)  # shortest and longest original; a Chinese character counts as three
_CHINESE = 0.15  # share of the originals


@dataclass(frozen=True)
class Planted:
    """Texts in shuffled order; `cluster` names each row's original, `kind` is how a copy was made (original: '')."""

    texts: list[str]
    cluster: list[int]
    kind: list[str]


def plant(size: int, seed: int = 0) -> Planted:
    """`size` rows, `COPIES` of them copies of rows drawn from a fifth of the originals."""
    rng = random.Random(seed)
    originals = _originals(size - int(size * COPIES), rng)
    words = {False: _words(originals, False), True: _words(originals, True)}
    copied = rng.sample(range(len(originals)), len(originals) // 5)
    rows = [(text, n, "") for n, text in enumerate(originals)]
    kinds = ["exact", "reformatted", *(f"{share:.0%} edited" for share in EDITS)]
    while len(rows) < size:
        n = rng.choice(copied)
        kind = rng.choice(kinds)
        rows.append((_copy(originals[n], kind, words, rng), n, kind))
    rng.shuffle(rows)
    return Planted([text for text, _, _ in rows], [n for _, n, _ in rows], [kind for _, _, kind in rows])


def score(planted: Planted, removed: set[int]) -> dict[str, float]:
    """Precision, recall and F1 of removed rows: of each original and its copies all but one are right to go."""
    sizes: defaultdict[int, int] = defaultdict(int)
    gone: defaultdict[int, int] = defaultdict(int)
    for n, cluster in enumerate(planted.cluster):
        sizes[cluster] += 1
        gone[cluster] += n in removed
    right = sum(min(gone[c], sizes[c] - 1) for c in gone)
    precision = right / max(len(removed), 1)
    recall = right / max(sum(size - 1 for size in sizes.values()), 1)
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / max(precision + recall, 1e-9)}


def recall_by_kind(planted: Planted, removed: set[int]) -> dict[str, float]:
    """Share of the pairs (an original with one copy) of each kind of edit of which one went."""
    members: defaultdict[int, list[int]] = defaultdict(list)
    for n, cluster in enumerate(planted.cluster):
        members[cluster].append(n)
    found: defaultdict[str, list[bool]] = defaultdict(list)
    for rows in members.values():
        if len(rows) == 2:
            kind = max(planted.kind[n] for n in rows)
            found[kind].append(any(n in removed for n in rows))
    return {kind: sum(hits) / len(hits) for kind, hits in sorted(found.items())}


def _originals(size: int, rng: random.Random) -> list[str]:
    real = sorted({" ".join(text.split()) for text in _real_texts() if len(text) <= _CHARS[1]})
    chains = {chinese: _Chains([text for text in real if _is_chinese(text) == chinese]) for chinese in (False, True)}
    found: dict[str, str] = {}
    while len(found) < size:
        text = chains[rng.random() < _CHINESE].draw(rng)
        if len(text) * (3 if _is_chinese(text) else 1) >= _CHARS[0]:
            found.setdefault("".join(filter(str.isalnum, text.lower())), text)
    return list(found.values())


class _Chains:
    """First-order chains of words (Chinese: second-order, of characters), as long as a real text drawn at random."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = [_split(text) for text in texts]
        self.follow: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        self.order = 2 if texts and _is_chinese(texts[0]) else 1
        for words in self.texts:
            for place in range(len(words)):
                self.follow[tuple(words[max(0, place - self.order) : place])].append(words[place])

    def draw(self, rng: random.Random) -> str:
        length = len(rng.choice(self.texts))
        words: list[str] = []
        while len(words) < length:
            found = self.follow.get(tuple(words[-self.order :]))
            words.append(rng.choice(found or rng.choice(self.texts)))
        return _join(words)


def _copy(text: str, kind: str, words: dict[bool, list[str]], rng: random.Random) -> str:
    if kind == "exact":
        return text
    if kind == "reformatted":
        return _reformatted(text, rng)
    parts = _split(text)
    share = float(kind.split("%")[0]) / 100
    for _ in range(max(1, round(share * len(parts)))):
        place = rng.randrange(len(parts))
        new = rng.choice(words[_is_chinese(text)])
        how = rng.random()
        if how < 0.6:
            parts[place] = new
        elif how < 0.8 and len(parts) > 1:
            del parts[place]
        else:
            parts.insert(place, new)
    return _join(parts)


def _reformatted(text: str, rng: random.Random) -> str:
    text = rng.choice((str.upper, str.lower, str.title, str))(text)
    text = text.replace(" ", rng.choice((" ", "  ", "\n", "\t")))
    for mark, others in (
        (",", (" ,", ";", "")),
        (".", ("...", " .", "")),
        ("，", ("、", " ", ",")),
        ("。", ("！", ".")),
    ):
        text = text.replace(mark, rng.choice(others))
    return rng.choice(("{}", '"{}"', "{}!!", "- {}", "{} ")).format(text)


def _is_chinese(text: str) -> bool:
    return count_han(text) * 3 > len(text)


def _split(text: str) -> list[str]:
    return list(text) if _is_chinese(text) else text.split(" ")


def _join(parts: Sequence[str]) -> str:
    return ("" if _is_chinese("".join(parts)) else " ").join(parts)


def _words(texts: Sequence[str], chinese: bool) -> list[str]:
    return [word for text in texts[:20_000] if _is_chinese(text) == chinese for word in _split(text)]


def _real_texts() -> Iterator[str]:
    if not SHARED.is_dir():
        raise SystemExit(f"{SHARED} is not there; set SHARED_DATA")
    tables = (
        ("ag_news/test.csv", ",", 2), ("ag_news/dev.tsv", "\t", 0), ("banking77/train.csv", ",", 0),
        ("banking77/test.csv", ",", 0), ("sst2_sentences/train.tsv", "\t", 0), ("sst2_sentences/test.tsv", "\t", 0),
        ("sms_spam/sms.tsv", "\t", 1), ("amazon_alexa/amazon_alexa.tsv", "\t", 4),
        ("waimai_10k/waimai_10k.csv", ",", 1),
        ("csl_zh/cls_ctg_train.tsv", "\t", 1),
    )  # fmt: skip
    for name, delimiter, column in tables:
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if delimiter == "," else csv.QUOTE_NONE
        with (SHARED / name).open(encoding="utf-8", newline="") as stream:
            for row in csv.reader(stream, delimiter=delimiter, quoting=quoting):
                if len(row) > column:
                    yield row[column]
    yield from (SHARED / "mlqe_pe_enzh" / "train.src").read_text("utf-8").splitlines()
