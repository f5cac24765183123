"""What holds for label errors whatever the kind of target: single labels, sets of labels, spans, numbers, answers."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.clean.label_errors.detectors import DETECTORS, detector_for
from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.clean.label_errors.step import find_label_errors
from pipeline.clean.step import Context
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_records, to_table
from pipeline.stats.ranking import average_precision
from pipeline.tasks import task_type

SOURCE = Source("web", "files", "web.json", 2, "MIT", "train")
PEOPLE = ("Ann Lee", "Bob", "Mary Stone", "王小明", "李雷")
PLACES = ("Paris", "New York", "Lima", "北京", "上海")
TOPICS = {
    "food": ("the soup was warm", "bread and cheese", "米饭很香"),
    "price": ("far too expensive", "a cheap offer", "价格便宜"),
    "staff": ("the waiter smiled", "a rude manager", "服务员热情"),
}


def make(n: int, fields: dict[str, Any], target: Any, **more: Any) -> Record:
    return Record(id=f"{n:05d}", fields=fields, source=SOURCE, target=target, split="train", **more)


def entities(rng: random.Random, n: int) -> Record:
    who, where = rng.choice(PEOPLE), rng.choice(PLACES)
    frame = rng.choice(["{who} lives in {where} now", "in {where} we met {who} again", "{who}住在{where}附近"])
    text = frame.format(who=who, where=where) + f" {n % 17}"
    spans = [(text.index(who), who, "PER"), (text.index(where), where, "LOC")]
    return make(n, {"text": text}, [{"start": a, "end": a + len(s), "label": x} for a, s, x in sorted(spans)])


def topics(rng: random.Random, n: int) -> Record:
    topic = rng.choice(sorted(TOPICS))
    return make(n, {"text": f"{rng.choice(TOPICS[topic])}, {rng.choice(TOPICS[topic])} {n % 13}"}, topic)


def reviews(rng: random.Random, n: int) -> Record:
    topics = sorted(rng.sample(sorted(TOPICS), rng.randint(1, 2)))
    text = ", ".join(rng.choice(TOPICS[topic]) for topic in topics)
    return make(n, {"text": f"{text} {n % 13}"}, topics)


def stars(rng: random.Random, n: int) -> Record:
    score = rng.randint(1, 5)
    words = " ".join(["good" if rng.random() < score / 5 else "bad" for _ in range(24)])
    return make(n, {"text": f"{words} 第{n % 7}", "text_pair": None}, float(score))


def questions(rng: random.Random, n: int) -> Record:
    who, where, year = rng.choice(PEOPLE), rng.choice(PLACES), str(rng.randint(1900, 2020))
    context = f"In {year} the painter {who} moved to {where} with two dogs. 那里的天气很好。 House {n} was empty."
    asked, answer = rng.choice([("When did it happen?", year), ("Who moved?", who), ("Where to?", where)])
    answers = [{"start": context.index(answer), "text": answer}]
    return make(n, {"context": context, "question": asked}, answers)


CASES: dict[str, tuple[Task, Callable[[random.Random, int], Record], float]] = {
    "text": (Task(type="classification", labels=tuple(sorted(TOPICS)), languages=("en", "zh")), topics, 0.9),
    "spans": (Task(type="ner", labels=("LOC", "PER"), languages=("en", "zh")), entities, 0.8),
    "texts": (Task(type="classification", labels=tuple(sorted(TOPICS)), multi_label=True), reviews, 0.8),
    "number": (Task(type="regression", range=(1.0, 5.0)), stars, 0.5),
    "answers": (Task(type="qa", languages=("en", "zh")), questions, 0.6),
}


def data(kind: str, count: int = 300) -> tuple[Task, list[Record], list[Record], np.ndarray]:
    """Task, true records, the same with planted errors, and which these are."""
    task, build, _ = CASES[kind]
    rng = random.Random(kind)
    true = [build(rng, n) for n in range(count)]
    planted = next(iter(DETECTORS[kind].plant(true, task, 0.08, "test", None).values()))
    noisy = [replace(r, target=p.target) if p else r for r, p in zip(true, planted, strict=True)]
    return task, true, noisy, np.array([p is not None for p in planted])


def run(task: Task, records: list[Record], **more: Any) -> tuple[dict[str, Record], list[Any], Any]:
    context = Context(task)
    settings = LabelErrors(**{"folds": 4, "review_share": 0.2, **more})
    outcome = find_label_errors(to_table(records, schema(task)), settings, context)
    return {record.id: record for record in to_records(outcome.kept)}, context.review_items, outcome


@pytest.mark.parametrize("kind", CASES)
def test_every_kind_of_target_has_a_case(kind):
    assert set(CASES) == set(DETECTORS)
    assert task_type(CASES[kind][0]).target_kind(CASES[kind][0]) == kind


@pytest.mark.parametrize("kind", CASES)
def test_planted_errors_rank_high_and_are_listed(kind):
    task, true, noisy, wrong = data(kind)
    kept, review_items, outcome = run(task, noisy, autofix_precision=1)
    scores = np.array([-kept[record.id].scores["label_quality"] for record in noisy])
    assert average_precision(wrong, scores) > CASES[kind][2]
    assert all(kept[record.id].target == record.target for record in noisy)
    listed = {item.record_id: item for item in review_items}
    found = [n for n in np.flatnonzero(wrong) if noisy[n].id in listed]
    assert len(found) > wrong.sum() / 2
    assert all(
        item.reason in ("label_error", "label_set_aside") and item.given != item.suggested for item in review_items
    )
    assert len(review_items) <= 0.2 * len(noisy)
    suggested = [json.loads(listed[noisy[n].id].suggested or "null") for n in found]
    right = [
        one is not None and detector_for(task).same(one, true[n].target, task)
        for one, n in zip(suggested, found, strict=True)
    ]
    assert sum(right) > (len(found) / 2 if kind != "answers" else 0)
    for planted in outcome.notes["planted"]["copies"].values():
        assert planted["average_precision"] > min(3 * planted["chance"], 0.6)
    noise = outcome.notes["label_noise"]["share"]
    assert noise is None or noise["low"] - 0.02 <= wrong.mean() <= noise["high"] + 0.02
    assert outcome.dropped.num_rows == 0


@pytest.mark.parametrize("kind", CASES)
def test_targets_change_only_where_nobody_vouches_for_them_and_say_so(kind):
    task, _, noisy, wrong = data(kind)
    places = np.flatnonzero(wrong).tolist()
    noisy[places[0]] = replace(noisy[places[0]], split="test")
    noisy[places[1]] = replace(noisy[places[1]], source=replace(SOURCE, trusted=True))
    kept, _, outcome = run(task, noisy, autofix_precision=0.2)
    changed = [record for record in noisy if kept[record.id].target != record.target]
    assert not {noisy[n].id for n in places[:2]} & {record.id for record in changed}
    assert outcome.changed == outcome.notes["autofix"]["changed"] == len(changed)
    for record in changed:
        after = kept[record.id]
        assert after.labels_by is not None
        assert after.labels_by.who == "model:label_errors"
        assert [change.field for change in after.history] == ["target"]
        assert not task_type(task).problems(after, task)
    if kind == "spans":
        assert changed


@pytest.mark.parametrize("kind", CASES)
def test_nothing_is_fitted_on_test_records(kind):
    task, _, noisy, _ = data(kind, 120)
    held_out = [replace(r, id=f"t{r.id}", split="test") for r in data(kind, 160)[2][120:]]
    alone = run(task, noisy)[0]
    beside, _, outcome = run(task, [*held_out[:20], *noisy, *held_out[20:]])
    assert outcome.notes["scored_of_test"] == 40
    for record in noisy:
        assert beside[record.id].scores == pytest.approx(alone[record.id].scores)
        assert beside[record.id].target == alone[record.id].target


@pytest.mark.parametrize("kind", CASES)
def test_few_records_and_none_are_said_to_be_too_few(kind):
    task, _, noisy, _ = data(kind, 300)
    few = 3 if kind == "text" else 30
    for records in ([], noisy[:few], [replace(record, group="one") for record in noisy[:80]]):
        kept, review_items, outcome = run(task, records)
        assert outcome.notes["applies"] is False
        assert "labelled record" in outcome.notes["why"]
        assert len(kept) == len(records)
        assert not review_items


@pytest.mark.parametrize("kind", CASES)
def test_equal_runs_are_equal_and_planting_depends_on_the_record_alone(kind):
    task, true, noisy, _ = data(kind, 120)
    assert run(task, noisy)[2].kept.equals(run(task, noisy)[2].kept)
    detector = DETECTORS[kind]
    (some,) = detector.plant(true, task, 0.5, "x", None).values()
    assert [p is None for p in some] == [
        p is None for p in next(iter(detector.plant(true, task, 0.5, "x", None).values()))
    ]
    assert all(p is None or not detector.same(p.target, r.target, task) for p, r in zip(some, true, strict=True))
    assert all(
        p is None or not task_type(task).problems(replace(r, target=p.target), task)
        for p, r in zip(some, true, strict=True)
    )
    kinds = {"answers": 2, "text": 1}.get(kind, 3)  # answers: there is one question a context
    assert len({p.kind for p in some if p}) >= kinds
