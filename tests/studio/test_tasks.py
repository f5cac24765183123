"""Tasks: suggestions that fit, gold questions, blind shares."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pipeline.annotation.labeling_config import project_config
from pipeline.core.settings import Task
from pipeline.modeling.models import Models
from pipeline.runtime.columns import schema
from pipeline.runtime.shards import write_shards
from pipeline.runtime.store import to_table
from pipeline.studio import tasks
from pipeline.studio.tasks import Question, checked, drawn, gold_questions, in_order, mixed, model_version, to_task
from pipeline.tasks import TASKS, task_type
from tests.strategies import TASKS_BY_TYPE
from tests.studio.conftest import TASK, record, records
from tests.unread import english_only


def interface(task=TASK):
    from label_studio_sdk.label_interface.interface import LabelInterface

    return LabelInterface(project_config(task, "zh"))


@pytest.mark.parametrize("value", ["unknown", 3, ["billing", "delivery"]])
def test_a_prelabel_that_does_not_fit_is_left_out_and_told(value):
    question, problem = checked(Question(record("r", "发票"), "t", value, 0.7), TASK, interface())
    assert question.value is None
    assert "predictions" not in to_task(question, TASK, "v")
    assert problem


def test_spans_outside_the_text_are_no_prelabel():
    task = Task(type="ner", labels=("PER",))
    inside, outside = {"start": 0, "end": 2, "label": "PER"}, {"start": 0, "end": 9, "label": "PER"}
    assert checked(Question(record("r", "小王来了"), "t", [inside], 0.9), task, interface(task))[1] is None
    assert (
        "offset_out_of_range"
        in checked(Question(record("r", "小王来了"), "t", [outside], 0.9), task, interface(task))[1]
    )


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_task_type_asks_in_two_languages(name):
    task = TASKS_BY_TYPE[name]
    configs = [project_config(task, language) for language in ("en", "zh")]
    assert configs[0] != configs[1]
    assert interface(task) is not None
    assert set(task_type(task).ASK) == {"en", "zh"}


def test_gold_questions_are_known_hidden_and_partly_misleading(tmp_path):

    write_shards(to_table(records(), schema(TASK)), tmp_path / "records.parquet")
    gold = gold_questions(tmp_path, TASK, 12, {"test060"}, suggest=True)
    assert len(gold) == 12
    assert all(q.record.source.trusted and q.record.id != "test060" for q in gold)
    assert 0 < sum(json.dumps(q.value, ensure_ascii=False) != q.gold for q in gold) < 12
    assert set(to_task(gold[0], TASK, "v")["data"]) == {"text", "record_id", "text_id", "progress"}
    assert not gold_questions(tmp_path, TASK, 0, set(), suggest=True)
    open_ones = [Question(r, "t") for r in records() if r.target is None]
    places = [n for n, q in enumerate(mixed(open_ones, gold)) if q.gold]
    assert len(places) == 12
    assert max(np.diff(places)) <= 6
    assert model_version(gold) == model_version(gold[::-1]) != model_version(gold[1:])


def test_a_lot_by_record_hides_a_share_of_the_prelabels_and_the_lot_stays():
    questions = [Question(record(f"r{n}", f"text {n}"), "t", "billing" if n % 2 else None, 0.9) for n in range(400)]
    asked = drawn(questions, 0.1)
    hidden = [q.record.id for q in asked if q.hidden]
    assert 10 < len(hidden) < 32
    later = [q.record.id for q in drawn(questions[100:], 0.1) if q.hidden]
    assert later == hidden[-len(later) :]  # whatever else is asked
    assert not any(q.hidden for q in drawn(questions, 0.0))
    one = next(q for q in asked if q.hidden)
    made = to_task(one, TASK, "v")
    assert made["data"]["blind"] is True
    assert "predictions" not in made
    assert checked(one, TASK, interface()) == (one, None)
    unsound, problem = checked(replace(one, value="unknown"), TASK, interface())
    assert problem
    assert not unsound.hidden  # neither shown nor hidden: it takes no part in the comparison


def test_tasks_are_spread_by_tf_idf_where_the_encoder_does_not_read_the_language(tmp_path, monkeypatch, caplog):
    encoder = english_only(tmp_path / "encoder")
    monkeypatch.setattr(tasks, "load", lambda name, kind: Models(encoder=encoder))
    some = [replace(record(f"r{n}", f"质量很好，非常满意{n}"), lang="zh") for n in range(50)]
    questions = [Question(one, one.fields["text"]) for one in some]
    order = in_order(questions, {one.id: 1.0 for one in some}, 10, TASK)
    assert len({q.record.id for q in order}) == 10
    assert "TF-IDF instead of the encoder" in caplog.text
