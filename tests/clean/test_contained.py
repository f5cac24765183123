import random

import pytest

from pipeline.clean.step import Context
from pipeline.clean.steps.contained import Contained, find_contained
from pipeline.clean.steps.splits import Splits, assign_splits
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_records, to_table
from tests.clean.records import TASK, make, table

PASSAGE = "The old bridge over the river was closed in spring because one of its pillars had begun to sink into the mud"


LONG = f"Local news. {PASSAGE}. Traffic now takes the long way round through the village, to the anger of all there."


CHINESE = "这座老桥因为桥墩下沉已经在今年春天关闭车辆只能绕行附近的村庄"


WORDS = [f"{a}{b}" for a in "bcdfghklmn" for b in ("ale", "ono", "iru", "ace", "ume", "est", "old")]


def filler(count: int) -> list[Record]:
    rng = random.Random(0)
    return [make(" ".join(rng.choices(WORDS, k=30)), key=f"f{n}") for n in range(count)]


def run(records, **settings):
    context = Context(TASK)
    return find_contained(table(records), Contained(**settings), context), context.review_items


def groups(outcome):
    return {record.id: record.group for record in to_records(outcome.kept) if record.group}


@pytest.mark.parametrize(
    ("short", "long"),
    [(PASSAGE, LONG), (PASSAGE.upper() + "!", LONG), (CHINESE, f"据报道，{CHINESE}，居民十分不满，要求修复。")],
)
def test_a_passage_in_a_longer_text_is_found(short, long):
    pair = [make(short, key="short"), make(long, "bad", key="long")]
    outcome, review_items = run([*filler(30), *pair])
    found = groups(outcome)
    assert set(found) == {record.id for record in pair}
    assert len(set(found.values())) == 1
    assert [(item.record_id, item.reason) for item in review_items] == [(pair[0].id, "contained")]
    assert pair[1].id in review_items[0].detail


def test_it_goes_only_where_its_label_is_the_same():
    for target, dropped in (("good", 1), (None, 1), ("bad", 0)):
        outcome, _ = run([make(PASSAGE, target, key="short"), make(LONG, "good", key="long")], found="drop")
        assert outcome.dropped["reason"].to_pylist() == ["contained"] * dropped
    outcome, _ = run([make(PASSAGE, role="test", key="short"), make(LONG, key="long")], found="drop")
    assert outcome.dropped.num_rows == 0


def test_a_passage_of_a_test_text_never_stays_in_train():
    outcome, _ = run([*filler(20), make(LONG, role="test", key="long"), make(PASSAGE, key="short")])
    split = assign_splits(outcome.kept, Splits(), Context(TASK))
    assert split.dropped["reason"].to_pylist() == ["similar_to_test"]


def test_what_a_source_shares_and_strangers_are_not_found():
    footer = (
        " Sent from the reading room of the public library, where silence is kept by order of the mayor and his wife"
    )
    mails = [make(f"{word}ly said{footer}", key=word) for word in WORDS[:20]]
    outcome, review_items = run([*mails, *filler(30), make("too short", key="x"), make("too short to tell", key="y")])
    assert (groups(outcome), review_items) == ({}, [])


def test_questions_on_one_context_are_nothing_to_tell():
    task = Task(type="qa")
    source = Source("s", "files", "s.json", 1, "MIT", "train")
    questions = ("Why was it closed?", "When was it closed?")
    rows = [Record(q, {"context": LONG, "question": q}, source, []) for q in questions]
    context = Context(task)
    outcome = find_contained(to_table(rows, schema(task)), Contained(), context)
    assert (outcome.notes["pairs"], context.review_items) == (0, [])


@pytest.mark.parametrize("records", [[], [make(PASSAGE)], [make(""), make(" ", key="2")]])
def test_degenerate_tables(records):
    assert run(records)[0].kept.num_rows == len(records)
