"""Spans decided from several people's: piece by piece, and by votes on whole spans, on simulated annotators.

    python benchmarks/crowd_spans.py [FOLDER]

The sentences and true spans are WNUT-17's train split (`wnut17/` in FOLDER, `$SHARED_DATA` or `../shared/data`): 2,192
of them, those with entities first. 47 people of very different skill and zeal answer five a sentence: they miss spans,
set a border a word off, take another label, and mark what is none. F1 is over all sentences.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.core.record import Span, as_json
from pipeline.label.spans import decide_spans

SENTENCES, PEOPLE, EACH = 2192, 47, 5
Tokens = list[tuple[int, int, str]]
Spans = list[Span]


def sentences(file: Path) -> list[Tokens]:
    """Tokens of each sentence: start, end and tag."""
    found: list[Tokens] = []
    for block in re.split(r"\n\s*\n", file.read_text("utf-8")):
        place, tokens = 0, []
        for line in filter(str.strip, block.splitlines()):
            word, *_, tag = line.split()
            tokens.append((place, place + len(word), tag))
            place += len(word) + 1
        if tokens:
            found.append(tokens)
    return found


def spans_of(tokens: Tokens) -> Spans:
    """The spans of BIO tags."""
    found: Spans = []
    before = "O"
    for start, end, tag in tokens:
        if tag.startswith("I-") and before[2:] == tag[2:]:
            found[-1]["end"] = end
        elif tag != "O":
            found.append({"start": start, "end": end, "label": tag[2:]})
        before = tag
    return found


def answer(tokens: Tokens, skill: float, labels: list[str], rng: np.random.Generator) -> Spans:
    """What a person of this skill marks."""
    starts, ends = [t[0] for t in tokens], [t[1] for t in tokens]
    last = len(tokens) - 1
    found = []
    for span in spans_of(tokens):
        if rng.random() > skill + 0.1:
            continue
        first, final = starts.index(span["start"]), ends.index(span["end"])
        first += int(rng.choice([-1, 0, 1], p=[(1 - skill) / 4, (1 + skill) / 2, (1 - skill) / 4]))
        final += int(rng.choice([-1, 0, 1], p=[(1 - skill) / 4, (1 + skill) / 2, (1 - skill) / 4]))
        first, final = min(max(first, 0), last), min(final, last)
        label = span["label"] if rng.random() < 0.5 + skill / 2 else str(rng.choice(labels))
        found.append((first, max(first, final), label))
    if rng.random() < (1 - skill) * 0.4:
        odd = int(rng.integers(len(tokens)))
        found.append((odd, odd, str(rng.choice(labels))))
    marked: Spans = []
    for first, final, label in sorted(found):
        if not marked or starts[first] >= marked[-1]["end"]:
            marked.append({"start": starts[first], "end": ends[final], "label": label})
    return marked


def f1(truth: dict[str, Spans], decided: dict[str, Spans]) -> float:
    """Span F1, borders and labels exact, over all sentences."""
    one, two = (
        {(name, span["start"], span["end"], span["label"]) for name, spans in marked.items() for span in spans}
        for marked in (truth, decided)
    )
    return 2 * len(one & two) / (len(one) + len(two))


def main() -> None:
    """Print one line a way of deciding."""
    default = os.environ.get("SHARED_DATA", Path(__file__).parents[2] / "shared" / "data")
    file = Path(sys.argv[1] if len(sys.argv) > 1 else default) / "wnut17" / "wnut17train.conll"
    if not file.is_file():
        sys.exit(f"error: {file}: no such file.\n  Name the folder that holds wnut17/.")
    rng = np.random.default_rng(0)
    tokens = sorted(sentences(file), key=lambda one: not spans_of(one))[:SENTENCES]
    truth = {f"{n:04}": spans_of(one) for n, one in enumerate(tokens)}
    labels = sorted({span["label"] for spans in truth.values() for span in spans})
    skills, zeal = rng.beta(6, 3, PEOPLE), rng.dirichlet(np.full(PEOPLE, 0.4))
    given: dict[str, dict[str, str]] = {}
    for name, one in zip(truth, tokens, strict=True):
        asked = rng.choice(PEOPLE, EACH, replace=False, p=zeal)
        given[name] = {f"w{who}": as_json(answer(one, skills[who], labels, rng)) for who in asked}
    alone = np.mean(
        [f1(truth, {name: json.loads(list(own.values())[n]) for name, own in given.items()}) for n in range(EACH)]
    )
    whole: dict[str, Spans] = {}
    for name, own in given.items():
        counted = Counter(as_json(span) for said in own.values() for span in json.loads(said))
        whole[name] = [json.loads(span) for span, times in counted.items() if 2 * times > EACH]
    print(f"{len(truth):,} sentences, {PEOPLE} people, {EACH} a sentence; one person's F1 {alone:.3f}")
    print(f"majority of whole spans  {f1(truth, whole):.3f}")
    for method in ("majority", "dawid_skene"):
        decided = {name: spans for name, (spans, _) in decide_spans(given, method)[0].items()}
        print(f"pieces, {method:<16} {f1(truth, decided):.3f}  ({len(decided):,} sentences decided)")


if __name__ == "__main__":
    main()
