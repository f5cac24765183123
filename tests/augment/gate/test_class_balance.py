from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.augment.candidates import Candidate
from pipeline.augment.gate.class_balance import allowed, check_class_balance
from pipeline.augment.policy import MethodSettings, plan
from pipeline.runtime.store import read_json
from tests.augment.conftest import TASK, record
from tests.augment.stage import result
from tests.augment.test_run import SWAP

RECORDS = [record(f"good number {n}", "pos") for n in range(20)] + [record(f"bad {n}", "neg") for n in range(20)]


@pytest.mark.parametrize(
    ("sizes", "planned", "have", "kept"),
    [
        # As planned, or evenly thinned: all stay.
        ({"a": 5, "b": 5}, {"a": 10, "b": 10}, {"a": 10, "b": 10}, {"a": 10, "b": 10}),
        ({"a": 5, "b": 5}, {"a": 10, "b": 10}, {"a": 3, "b": 3}, {"a": 3, "b": 3}),
        # Few children among many records bend nothing.
        ({"a": 1000, "b": 1000}, {"a": 30, "b": 30}, {"a": 0, "b": 30}, {"b": 30, "a": 0}),
        # One class of two lost all: the other keeps what the tolerance leaves, which for five records is nothing.
        ({"a": 100, "b": 100}, {"a": 80, "b": 80}, {"b": 80}, {"b": 10}),
        ({"a": 5, "b": 5}, {"a": 10, "b": 10}, {"b": 10}, {"b": 0}),
        # One of ten does not starve the others.
        (dict.fromkeys("abcdefghij", 5), dict.fromkeys("abcdefghij", 10), dict.fromkeys("abcdefghi", 7) | {"c": 9},
         dict.fromkeys("abcdefghi", 7) | {"c": 8}),
        # Filling up is uneven on purpose, and where another thin class lost its children too.
        ({"big": 1000, "a": 20}, {"a": 480}, {"a": 480}, {"a": 480}),
        ({"big": 1000, "a": 20}, {"a": 480}, {"a": 7}, {"a": 7}),
        ({"big": 1000, "a": 20, "b": 20}, {"a": 480, "b": 480}, {"b": 480}, {"b": 480}),
        # What one class was to have more of than another it may still have, as far as the other got.
        ({"a": 10, "b": 10}, {"a": 20, "b": 40}, {"a": 10, "b": 40}, {"a": 10, "b": 23}),
    ],
)  # fmt: skip
def test_what_a_class_may_keep(sizes, planned, have, kept):
    assert allowed(sizes, planned, have, 0.05) == kept


COUNTS = st.dictionaries(st.sampled_from("abcdef"), st.tuples(*[st.integers(0, 60)] * 3), min_size=2)


@given(COUNTS, st.sampled_from([0.0, 0.05, 0.5]))
def test_classes_stay_within_the_tolerance_of_their_plan(counts, tolerance):
    sizes = {name: size + 1 for name, (size, _, _) in counts.items()}
    planned = {name: number for name, (_, number, _) in counts.items()}
    have = {name: min(number, planned[name]) for name, (_, _, number) in counts.items()}
    kept = allowed(sizes, planned, have, tolerance)
    assert all(0 <= number <= have[name] for name, number in kept.items())
    # With fewer than ten classes none may lag: all that are not only filled up keep to the poorest one's part.
    done = {name: (sizes[name] + have.get(name, 0), planned[name]) for name in sizes if planned[name]}
    parts = [(rows / (1 - tolerance) - sizes[name]) / number for name, (rows, number) in done.items()]
    for name, number in kept.items():
        may = (1 + tolerance) * (sizes[name] + min(1.0, *parts, 1.0) * planned[name])
        assert sizes[name] + number <= max(may, *sizes.values()) + 1e-6


def children(records, method="m"):
    texts = {r.id: f"{r.fields['text']} again" for r in records}
    return [
        Candidate(method, r, r.child(f"augment.{method}", {"text": texts[r.id]}, r.target), texts[r.id])
        for r in records
    ]


def test_the_surplus_goes_by_a_draw_of_ids_and_says_why():
    draws = plan({"m": MethodSettings(factor=1)}, RECORDS, TASK, 1000)
    made = children(RECORDS[:30])  # ten of the class neg were lost
    verdicts, notes = check_class_balance(made, draws, RECORDS, TASK, 0.05)
    gone = [c for c in made if c.child.id in verdicts]
    assert Counter(c.parent.target for c in gone) == {"pos": 7}
    assert {drop.reason for drop in verdicts.values()} == {"class_imbalance"}
    assert "20 of 20 planned examples of 'pos'" in verdicts[gone[0].child.id].detail
    assert notes["m"] == {"classes_without_examples": 0, "imbalance": 1.333, "imbalance_after": 1.1}
    assert check_class_balance(made[::-1], draws, RECORDS[::-1], TASK, 0.05)[0] == verdicts


def test_methods_are_evened_out_each_for_itself():
    methods = {name: MethodSettings(factor=1) for name in ("m", "k")}
    draws = plan(methods, RECORDS, TASK, 1000)
    made = [*children(RECORDS[:20]), *children(RECORDS, "k")]
    verdicts, notes = check_class_balance(made, draws, RECORDS, TASK, 0.05)
    assert {c.method for c in made if c.child.id in verdicts} == {"m"}
    assert notes["m"]["classes_without_examples"] == 1
    assert notes["k"] == {"classes_without_examples": 0, "imbalance": 1.0, "imbalance_after": 1.0}


def test_the_stage_drops_the_surplus_and_loses_nothing(project):
    # One-word texts cannot be swapped: their class has no children.
    records = [record(f"such lovely food here number {'i' * n}", "pos") for n in range(1, 12)]
    records += [record("w" * n, "neg") for n in range(1, 12)]
    gate = {"max_jaccard": 1.0, "max_label_probability_drop": 1.0}
    kept, report = result(project(records, {**SWAP, "gate": gate}))
    counts = report["notes"]["methods"]["random_swap"]
    assert counts["rejected"]["class_imbalance"] > 0
    assert counts["accepted"] == sum(r.parent_id is not None for r in kept) > 0
    assert report["notes"]["gate"]["class_balance"]["random_swap"]["classes_without_examples"] == 1
    folder = project(records, {**SWAP, "gate": {**gate, "class_balance_tolerance": None}})
    result(folder, "off")
    assert (
        "class_imbalance"
        not in read_json(folder / "off" / "report.json")["notes"]["methods"]["random_swap"]["rejected"]
    )
