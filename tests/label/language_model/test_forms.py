"""What a model is asked for in each task type, and how its answer becomes a target."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pipeline.core.record import Reject
from pipeline.core.settings import Task
from pipeline.label.language_model.forms import FORMS, form_of, is_right, target_of
from pipeline.tasks import TASKS
from tests.strategies import TASKS_BY_TYPE, record, records

NER = TASKS_BY_TYPE["ner"]
STARS = Task(type="regression", range=(1.0, 5.0))
TAGS = Task(type="classification", labels=("快", "late"), multi_label=True)


def test_every_task_type_has_a_form_in_both_languages() -> None:
    assert set(FORMS) <= set(TASKS)
    assert all(set(form_of(task).ask) == {"en", "zh"} for task in TASKS_BY_TYPE.values())


def test_a_text_in_and_a_text_out_needs_no_form_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(FORMS, "summarization")
    task, example = TASKS_BY_TYPE["summarization"], record({"text": "A long story about nothing."})
    assert form_of(task).ask == TASKS["summarization"].ASK
    assert target_of({"target": "短。"}, example, task) == "短。"


@pytest.mark.parametrize("kind", sorted(TASKS))
@given(data=st.data())
def test_a_labelled_records_own_answer_fits_the_schema_and_means_its_target(kind: str, data: st.DataObject) -> None:
    task, example = TASKS_BY_TYPE[kind], data.draw(records(kind))
    form = form_of(task)
    said = form.say(example.target, example.fields)
    assert Draft202012Validator(form.schema(task)).is_valid(said)
    assert form.show(example.fields)
    if form.exact and kind != "ner":  # entities of equal words may be found at each other's places
        assert is_right(target_of(said, example, task), example.target, task)


@pytest.mark.parametrize(
    ("task", "fields", "value", "target"),
    [
        (
            NER,
            {"text": "Ann 在北京"},
            {"entities": [{"text": "北京", "label": "地点"}, {"text": "Ann", "label": "person"}]},
            [{"start": 0, "end": 3, "label": "person"}, {"start": 5, "end": 7, "label": "地点"}],
        ),
        (
            TASKS_BY_TYPE["qa"],
            {"context": "我在北京", "question": "哪里？"},
            {"answer": "北京"},
            [{"start": 2, "text": "北京"}],
        ),
        (TASKS_BY_TYPE["qa"], {"context": "我在北京", "question": "谁？"}, {"answer": " "}, []),
        (STARS, {"text": "x", "text_pair": None}, {"number": 4}, 4.0),
        (TAGS, {"text": "x"}, {"labels": ["late", "快"]}, ["快", "late"]),
        (TAGS, {"text": "x"}, {"labels": []}, []),
    ],
)
def test_an_answer_means_a_target(task: Task, fields: dict[str, Any], value: Any, target: Any) -> None:
    assert target_of(value, record(fields), task) == target


@pytest.mark.parametrize(
    ("task", "fields", "value", "reason"),
    [
        (STARS, {"text": "x", "text_pair": None}, {"number": 9}, "not_an_answer"),
        (NER, {"text": "Ann"}, {"entities": [{"text": "Bob", "label": "person"}]}, "quote_not_found"),
        (TASKS_BY_TYPE["qa"], {"context": "x", "question": "?"}, {"answer": "y"}, "quote_not_found"),
        (TASKS_BY_TYPE["classification"], {"text": "x"}, {"label": "meh"}, "unknown_label"),
        (TASKS_BY_TYPE["summarization"], {"text": "短"}, {"summary": "一点也不短"}, "not_an_answer"),
    ],
)
def test_an_answer_that_means_none_is_rejected(task: Task, fields: dict[str, Any], value: Any, reason: str) -> None:
    with pytest.raises(Reject) as error:
        target_of(value, record(fields), task)
    assert error.value.reason == reason


@pytest.mark.parametrize(
    ("task", "said", "truth", "right"),
    [
        (
            TASKS_BY_TYPE["qa"],
            [{"start": 0, "text": "a"}],
            [{"start": 9, "text": "a"}, {"start": 1, "text": "b"}],
            True,
        ),
        (TASKS_BY_TYPE["qa"], [{"start": 0, "text": "c"}], [{"start": 0, "text": "a"}], False),
        (TASKS_BY_TYPE["qa"], [], [{"start": 0, "text": "a"}], False),
        (TASKS_BY_TYPE["qa"], [{"start": 0, "text": "a"}], [], False),
        (TASKS_BY_TYPE["qa"], [], [], True),
        (STARS, 3.0, 3.0 + 1e-12, True),
        (STARS, 3.0, 3.1, False),
        (TASKS_BY_TYPE["classification"], "好", "好", True),
        (TAGS, ["快"], ["快", "late"], False),
    ],
)
def test_an_answer_is_right(task: Task, said: Any, truth: Any, right: bool) -> None:
    assert is_right(said, truth, task) is right
