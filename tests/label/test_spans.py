from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.record import as_json
from pipeline.core.settings import Task
from pipeline.label.run import run
from pipeline.label.spans import decide_spans
from pipeline.runtime.store import read_table, to_records
from tests.label.conftest import answer, record

PER, LOC = ({"start": 0, "end": 3, "label": "PER"}, {"start": 7, "end": 12, "label": "LOC"})


def labels_of(project):
    return {r.id: (r.target, r.labels_by) for r in to_records(read_table(project.out / "records.parquet"))}


def test_spans_are_won_piece_by_piece():
    given_ = {
        "r": {"a": as_json([PER, LOC]), "b": as_json([PER, LOC]), "c": as_json([PER])},
        "none": {"a": "[]", "b": "[]"},
    }
    decided, votes, _ = decide_spans(given_, "majority")
    assert decided["r"] == ([PER, LOC], pytest.approx(2 / 3))
    assert decided["none"] == ([], 1.0)
    assert votes.items == ("r/0/3", "r/7/12")


def noisy_spans(truth, skill, rng):
    """A person's answer: some spans forgotten, some borders elsewhere, some labels swapped."""
    found = []
    for span in truth:
        if rng.random() > skill:
            continue
        start, end, label = span["start"], span["end"], span["label"]
        start, end = (
            start + int(rng.choice([0, 1], p=[skill, 1 - skill])),
            end + int(rng.choice([0, 1], p=[skill, 1 - skill])),
        )
        label = ("LOC" if label == "PER" else "PER") if rng.random() < (1 - skill) / 3 else label
        found.append({"start": start, "end": end, "label": label})
    return found


def span_f1(truth, decided):
    key = [
        {(name, s["start"], s["end"], s["label"]) for name, spans in one.items() for s in spans}
        for one in (truth, decided)
    ]
    return 2 * len(key[0] & key[1]) / (len(key[0]) + len(key[1]))


@pytest.mark.parametrize("seed", range(3))
def test_pieces_beat_whole_spans_and_every_sentence_is_decided(seed):
    rng = np.random.default_rng(seed)
    truth = {
        f"{n:03}": [{"start": 10 * k, "end": 10 * k + 4, "label": ("PER", "LOC")[(n + k) % 2]} for k in range(n % 4)]
        for n in range(200)
    }
    skills = {f"w{k}": skill for k, skill in enumerate(rng.uniform(0.75, 0.95, 12))}
    given_ = {
        name: {
            who: as_json(noisy_spans(spans, skills[who], rng)) for who in rng.choice(sorted(skills), 5, replace=False)
        }
        for name, spans in truth.items()
    }
    decided = {name: spans for name, (spans, _) in decide_spans(given_, "dawid_skene")[0].items()}
    whole = {}
    for name, answers in given_.items():
        counted = Counter(as_json(span) for answer in answers.values() for span in json.loads(answer))
        whole[name] = [json.loads(span) for span, times in counted.items() if times > 2]
    assert set(decided) == set(truth)
    assert span_f1(truth, decided) > max(0.82, span_f1(truth, whole))
    doubtful = {name for name, (_, sure) in decide_spans(given_, "dawid_skene")[0].items() if sure < 0.8}
    wrong = {name for name, spans in decided.items() if spans != truth[name]}
    assert len(wrong & doubtful) > len(wrong) / 2


SPANS = st.lists(st.sampled_from([PER, LOC, {"start": 2, "end": 8, "label": "LOC"}]), max_size=3)


@given(st.dictionaries(st.sampled_from("abcd"), SPANS.map(as_json), min_size=1))
def test_decided_spans_never_overlap_and_everybody_alike_is_kept(answers):
    spans = decide_spans({"r": answers}, "majority")[0]["r"][0]
    assert all(a["end"] <= b["start"] for a, b in pairwise(spans))
    if set(answers.values()) == {as_json([PER, LOC])}:
        assert spans == [PER, LOC]


def test_three_annotators_spans_reach_the_record(project):
    task = Task(type="ner", labels=("PER", "LOC"), languages=("en", "zh"))
    records = [record("r", None, "Ada 去了 Paris.", split="unlabelled"), record("known", [PER], "Ada")]
    project.write(records, task, label={"crowd": {"method": "majority"}})
    alike = [answer("r", [PER, LOC], who) for who in ("a", "b", "c")]
    project.annotate(*alike[:2], answer("r", [LOC], "c"))
    run(project.clean, project.annotations, project.out)
    [queued] = read_table(project.out / "queue.parquet").to_pylist()  # 2 of 3 is in doubt
    assert (queued["reason"], json.loads(queued["prelabel"])) == ("disagreement", [PER, LOC])
    assert labels_of(project)["r"][0] == [PER, LOC], "and yet the sentence is not lost"
    project.annotate(*alike)
    run(project.clean, project.annotations, project.out)
    assert labels_of(project)["r"][0] == [PER, LOC]
