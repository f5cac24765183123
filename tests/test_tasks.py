from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Reject, Source
from pipeline.core.settings import Task
from pipeline.tasks import task_type
from tests import chats
from tests.chats import as_record_holds
from tests.record_strategies import CHAT, CLASSIFICATION, MULTI_LABEL, TASKS, records, targets

SOURCE = Source("s", "files", "s.csv", 1, "MIT", "train")
TURNS = [
    {"role": "user", "content": "你好"},
    {"role": "assistant", "content": "您好！"},
    {"role": "user", "content": "Bye"},
]


def record(fields, target=None) -> Record:
    return Record("r", fields, SOURCE, target)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_target_survives_label_studio(data):
    task = data.draw(st.sampled_from(TASKS))
    kind, target = task_type(task), data.draw(targets(task))
    back = kind.target_from_result(kind.result_from_target(target), task)
    assert (back if task is not CHAT else kind.parse({"messages": "?"}, back, task)[1]) == target


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_editing_with_a_function_that_changes_nothing_changes_nothing(data):
    task = data.draw(st.sampled_from(TASKS))
    one = data.draw(records(task))
    fields, target = task_type(task).edit_texts(one.fields, one.target, lambda text: text)
    assert (fields, target) == (one.fields, one.target)


@pytest.mark.parametrize("task", TASKS)
def test_the_labeling_config_is_xml_and_names_what_the_data_holds(task):
    fields, _ = as_record_holds({"messages": TURNS} if task is CHAT else {"text": "x"}, None)
    root = ElementTree.fromstring(task_type(task).labeling_config(task))
    data = task_type(task).to_label_studio(record(fields))
    assert {e.get("value")[1:] for e in root.iter() if (e.get("value") or "").startswith("$")} == data.keys() - {
        "template_arguments"
    }


def test_labels_with_markup_survive_the_labeling_config():
    root = ElementTree.fromstring(task_type(CLASSIFICATION).labeling_config(CLASSIFICATION))
    assert [choice.get("value") for choice in root.iter("Choice")] == list(CLASSIFICATION.labels)


@pytest.mark.parametrize(
    ("values", "target", "reason"),
    [
        ({}, "bad", "missing_text_column"),
        ({"text": ["x"]}, "bad", "not_a_text"),
        ({"text": "x"}, "worse", "unknown_label"),
        ({"text": "x"}, ["bad", "好"], "not_one_label"),
    ],
)
def test_rows_that_are_no_classification_are_rejected(values, target, reason):
    with pytest.raises(Reject) as error:
        task_type(CLASSIFICATION).parse(values, target, CLASSIFICATION)
    assert error.value.reason == reason


def test_several_labels_are_put_in_declared_order():
    parsed = task_type(MULTI_LABEL).parse({"text": "x"}, ["好", "bad"], MULTI_LABEL)
    assert parsed == ({"text": "x"}, ["bad", "好"])


def test_an_unlabelled_text_is_kept():
    assert task_type(CLASSIFICATION).parse({"text": 7}, None, CLASSIFICATION) == ({"text": "7"}, None)


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        ([], "missing_messages"),
        ([{"role": "narrator", "content": "x"}], "unknown_role"),
        ([{"role": "gpt", "value": "x"}], "no_user_turn"),
    ],
)
def test_rows_that_are_no_chat_are_rejected(turns, reason):
    with pytest.raises(Reject) as error:
        task_type(CHAT).parse({"messages": turns}, None, CHAT)
    assert error.value.reason == reason


def test_sharegpt_turns_become_ours_and_the_last_reply_the_target():
    turns = [{"from": "human", "value": "你好"}, {"from": "gpt", "value": "您好！"}]
    assert task_type(CHAT).parse({"messages": turns}, None, CHAT) == (
        chats.fields([("user", "你好")]),
        chats.reply("您好！"),
    )


@pytest.mark.parametrize(
    ("turns", "target", "problem"),
    [
        ([{"role": "user", "content": " "}], "x", "turn 1 (user) says nothing"),
        ([{"role": "user", "content": "?"}], " ", "turn 2 (assistant) says nothing"),
        (
            [{"role": "assistant", "content": "x"}, {"role": "user", "content": "?"}],
            "x",
            "turn 1: the assistant speaks before the user",
        ),
        ([{"role": "user", "content": "?"}] * 2, "x", "turns 1 and 2 are both of role user"),
        (
            [{"role": "user", "content": "?"}, {"role": "system", "content": "x"}],
            "x",
            "turn 2 (system) stands after the talk has begun",
        ),
    ],
)
def test_structural_problems_of_chats_are_found(turns, target, problem):
    assert problem in task_type(CHAT).problems(record(*as_record_holds({"messages": turns}, target)), CHAT)


def test_a_sound_chat_has_no_problems():
    assert task_type(CHAT).problems(record(*as_record_holds({"messages": TURNS}, "再见")), CHAT) == []


def test_chat_rows_hold_prompt_response_and_all_messages():
    row = task_type(CHAT).row(record(*as_record_holds({"messages": TURNS}, "再见")))
    assert (row["prompt"], row["response"], len(row["messages"])) == ("Bye", "再见", 4)


def test_an_unknown_task_type_is_refused():
    with pytest.raises(PipelineError, match="unknown name 'classificaton'") as error:
        task_type(Task(type="classificaton"))
    assert "Did you mean 'classification'?" in error.value.hint
