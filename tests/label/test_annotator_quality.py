"""Gold questions, people who just accept, weak people's answers, and spans decided one by one."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.annotation.gold import read_gold
from pipeline.core.errors import PipelineError
from pipeline.core.record import as_json
from pipeline.core.settings import Task
from pipeline.label.annotator_quality import annotator_quality, warnings
from pipeline.label.evidence import Rules, VoteOutcome, decide
from pipeline.label.params import Agreement
from pipeline.label.run import run
from pipeline.label.spans import decide_spans
from pipeline.runtime.store import read_json, read_table, to_records
from tests.label.conftest import answer, record

PER, LOC = ({"start": 0, "end": 3, "label": "PER"}, {"start": 7, "end": 12, "label": "LOC"})


def labels_of(project):
    return {r.id: (r.target, r.labels_by) for r in to_records(read_table(project.out / "records.parquet"))}


def test_gold_questions_judge_people_and_never_change_the_record(project):
    gold = [record(f"g{n}", "好", f"g {n}") for n in range(6)]
    asked = [record(f"q{n}", None, f"q {n}", split="unlabelled") for n in range(2)]
    project.write([*gold, *asked], label={"precedence": ["human", "source"]})
    (project.annotations / ".gold.json").write_text(json.dumps({r.id: '"好"' for r in gold}), "utf-8")
    project.annotate(
        *[answer(r.id, "好", "careful", prelabel="edited", lead_time=4.0 + n) for n, r in enumerate(gold)],
        *[answer(r.id, "negative", "hasty", prelabel="accepted") for r in gold],
        answer("q0", "positive", "careful"),
        answer("q1", "positive", "hasty"),
    )
    run(project.clean, project.annotations, project.out)
    kept = labels_of(project)
    assert all(kept[r.id][1].who == "source:made" for r in gold)
    assert kept["q0"][1].who == "human:careful"
    assert "q1" not in kept  # the only answer is of somebody who fails gold questions: it goes back to the queue
    queue = {row["record_id"]: row["reason"] for row in read_table(project.out / "queue.parquet").to_pylist()}
    assert queue == {"q1": "disagreement"}
    human = read_json(project.out / "report.json")["notes"]["agreement"]["human"]
    people = {one["annotator"]: one for one in human["annotator_list"]}
    assert (people["careful"]["gold"], people["careful"]["gold_right"], people["careful"]["seconds_median"]) == (
        6,
        6,
        7.0,
    )
    assert people["hasty"]["weak_on_gold"]
    assert any("hasty answered 0 of 6 gold questions right" in line for line in human["warnings"])


def test_gold_answers_that_people_alike_dispute_are_listed(project):
    project.write([record("g", "好", "g"), record("h", "好", "h")])
    (project.annotations / ".gold.json").write_text(json.dumps({"g": '"好"', "h": '"好"'}), "utf-8")
    project.annotate(*[answer(name, "negative", who) for name in "g" for who in "xy"], answer("h", "negative", "x"))
    run(project.clean, project.annotations, project.out)
    assert read_json(project.out / "report.json")["notes"]["gold_disputed"] == ["g"]


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}'])
def test_unreadable_gold_names_the_file(tmp_path, text):
    assert read_gold(tmp_path) == {}
    (tmp_path / ".gold.json").write_text(text, "utf-8")
    with pytest.raises(PipelineError, match=r"\.gold\.json: not readable.*\n.*version control"):
        read_gold(tmp_path)


@pytest.mark.parametrize(("accepted", "shown", "expected"), [(10, 10, True), (9, 10, False), (9, 9, False)])
def test_people_who_just_accept_are_warned_about(accepted, shown, expected):
    class Given:
        def __init__(self, n):
            self.record_id, self.annotator, self.value, self.lead_time = f"r{n}", "小王", "好", None
            self.prelabel = "accepted" if n < accepted else "edited"

    report = annotator_quality([Given(n) for n in range(shown)], {}, Agreement())
    assert report["小王"]["accepts_all"] is expected
    assert bool(warnings(report)) is expected


def test_a_weak_persons_lone_answer_is_bounded_and_a_good_ones_is_not():
    rows = [("a", "weak", '"x"'), ("b", "good", '"y"'), ("c", "weak", '"x"'), ("c", "good", '"x"')]
    rules = Rules("dawid_skene", "classes", trusted=True, weak={"weak": 0.3})
    outcomes = decide(rows, rules).outcomes
    assert outcomes["a"].confidence <= 0.3
    assert outcomes["b"] == VoteOutcome("y", None, ("good",))
    assert outcomes["c"] == VoteOutcome("x", None, ("good", "weak"))
    free = decide(rows, Rules("dawid_skene", "free", trusted=True, weak={"weak": 0.3})).outcomes
    assert (free["a"].confidence, free["b"].confidence) == (0.3, None)


def test_spans_are_won_piece_by_piece():
    given_ = {
        "r": {"a": as_json([PER, LOC]), "b": as_json([PER, LOC]), "c": as_json([PER])},
        "none": {"a": "[]", "b": "[]"},
    }
    decided, votes, _ = decide_spans(given_, "majority")
    assert decided["r"] == ([PER, LOC], pytest.approx(2 / 3))
    assert decided["none"] == ([], 1.0)
    assert votes.items == ("r/0/3", "r/7/12")


def test_people_who_differ_about_a_border_agree_about_what_both_marked():
    longer = PER | {"end": 4}
    both = {"r": {"a": as_json([PER]), "b": as_json([longer])}}
    assert decide_spans(both, "majority")[0]["r"] == ([PER], 0.5)
    most = {"r": {"a": as_json([PER]), "b": as_json([PER]), "c": as_json([longer])}}
    assert decide_spans(most, "majority")[0]["r"] == ([PER], pytest.approx(2 / 3))


@pytest.mark.parametrize(("apart", "spans"), [(2, 2), (1, 1), (0, 1)])
def test_neighbours_of_one_label_are_parted_where_most_people_part_them(apart, spans):
    one = [{"start": 0, "end": 6, "label": "PER"}]
    two = [{"start": 0, "end": 3, "label": "PER"}, {"start": 3, "end": 6, "label": "PER"}]
    given_ = {"r": {who: as_json(two if n < apart else one) for n, who in enumerate("abc")}}
    assert len(decide_spans(given_, "majority")[0]["r"][0]) == spans


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
