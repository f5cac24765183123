"""What holds for every task type, and what is particular to each."""

from __future__ import annotations

import html
import json
import math
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from pipeline.core.record import Reject
from pipeline.core.settings import Task
from pipeline.evaluate.metrics import METRICS
from pipeline.modeling.heads import HEADS
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_records, to_table
from pipeline.tasks import TASKS, task_type
from tests import record_strategies
from tests.chats import as_record_holds
from tests.record_strategies import CHAT, targets
from tests.strategies import TASKS_BY_TYPE, record, records
from tests.tasks.turns import TURNS

KINDS = sorted(TASKS)


def test_every_task_type_is_tested_here() -> None:
    assert sorted(TASKS_BY_TYPE) == KINDS


def test_every_task_type_has_a_head_and_metrics() -> None:
    assert sorted(HEADS) == sorted(METRICS) == KINDS


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_record_survives_the_store(kind: str, data: st.DataObject) -> None:
    example = data.draw(records(kind))
    table = to_table([example], schema(TASKS_BY_TYPE[kind]))
    assert list(to_records(table)) == [example]


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_target_survives_label_studio(kind: str, data: st.DataObject) -> None:
    example = data.draw(records(kind))
    result: Any = TASKS[kind].result_from_target(example.target)
    back = TASKS[kind].target_from_result(result, TASKS_BY_TYPE[kind])
    assert TASKS[kind].parse(example.fields, back, TASKS_BY_TYPE[kind])[1] == example.target


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_sound_record_stays_sound_when_its_text_is_repaired(kind: str, data: st.DataObject) -> None:
    example, task = data.draw(records(kind)), TASKS_BY_TYPE[kind]
    before = TASKS[kind].problems(example, task)
    fields, target = TASKS[kind].edit_texts(example.fields, example.target, html.unescape)
    edited = example.derive("repair", fields=fields, target=target)
    assert [p for p in TASKS[kind].problems(edited, task) if "length" not in p and "shorter" not in p] == [
        p for p in before if "length" not in p and "shorter" not in p
    ]


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_repair_keeps_a_sound_target(kind: str, data: st.DataObject) -> None:
    example = data.draw(records(kind))
    assert TASKS[kind].repair(example.fields, example.target) == (example.fields, example.target)


@pytest.mark.parametrize("kind", KINDS)
def test_labeling_config_is_xml_that_names_what_the_task_sends(kind: str) -> None:
    task = TASKS_BY_TYPE[kind].model_copy(update={"labels": ('a "b" <c>', "好")})
    root = ElementTree.fromstring(TASKS[kind].labeling_config(task))
    named = [tag.get("value", "") for tag in root.iter() if tag.get("value", "").startswith("$")]
    values = {name[1:].removesuffix("_html") for name in named}  # a page that is made of what the task sends
    assert values <= set(TASKS[kind].FIELDS)
    assert values >= set(TASKS[kind].FIELDS) - {"template_arguments"}


@pytest.mark.parametrize(
    ("kind", "fields", "target", "problem"),
    [
        ("classification", {"text": " "}, "好", "text is empty"),
        ("classification", {"text": "x"}, "neutral", "label 'neutral' is not declared"),
        ("regression", {"text": "x", "text_pair": ""}, 3.0, "text_pair is empty"),
        ("regression", {"text": "x", "text_pair": None}, 101.0, "101.0 is outside 0.0 to 100.0"),
        ("ner", {"text": "北京"}, [{"start": 0, "end": 3, "label": "地点"}], "span [0, 3) is outside the text"),
        ("ner", {"text": "a b"}, [{"start": 0, "end": 2, "label": "person"}], "begins or ends with white space"),
        (
            "ner",
            {"text": "abc"},
            [{"start": 0, "end": 2, "label": "person"}, {"start": 1, "end": 3, "label": "地点"}],
            "two spans overlap",
        ),
        ("qa", {"context": "我在北京", "question": "哪里？"}, [{"start": 1, "text": "北京"}], "is not at offset 1"),
        ("translation", {"text": "Good morning"}, "Good morning!", "the target is a copy of the text"),
        ("translation", {"text": "Good morning"}, "Guten Morgen", "the target is not written in zh"),
        ("translation", {"text": "Yes"}, "是的，我完全同意您刚才说的每一句话和每一个字", "differ in length"),
        ("summarization", {"text": "short"}, "not so short", "the summary is not shorter"),
        ("chat", {"messages": [{"role": "user", "content": " "}]}, "hi", "turn 1 (user) says nothing"),
        ("chat", {"messages": [{"role": "assistant", "content": "x"}]}, "hi", "nobody asks anything"),
    ],
)
def test_problem_is_named(kind: str, fields: dict[str, Any], target: Any, problem: str) -> None:
    found = TASKS[kind].problems(record(*as_record_holds(fields, target)), TASKS_BY_TYPE[kind])
    assert any(problem in sentence for sentence in found), found


@pytest.mark.parametrize(
    ("kind", "values", "target", "reason"),
    [
        ("classification", {}, "好", "missing_text_column"),
        ("classification", {"text": "x"}, "meh", "unknown_label"),
        ("regression", {"text": "x"}, "nan", "not_a_number"),
        ("regression", {"text": "x"}, "much", "not_a_number"),
        ("ner", {"text": "x"}, [{"start": 0, "end": 2, "label": "person"}], "offset_out_of_range"),
        ("ner", {"text": "x"}, [{"start": 0, "label": "person"}], "bad_span"),
        ("ner", {"text": "x"}, [{"start": 0, "end": 1, "label": "city"}], "unknown_label"),
        ("qa", {"context": "x"}, [], "missing_question"),
        ("qa", {"context": "x", "question": "?"}, [{"text": "x"}], "bad_answer"),
        ("translation", {}, "x", "missing_text_column"),
        ("chat", {"messages": []}, None, "missing_messages"),
        ("chat", {"messages": [{"role": "narrator", "content": "x"}]}, None, "unknown_role"),
        ("chat", {"messages": [{"role": "assistant", "content": "x"}]}, None, "no_user_turn"),
    ],
)
def test_row_that_is_no_such_record_is_rejected(kind: str, values: dict[str, Any], target: Any, reason: str) -> None:
    with pytest.raises(Reject) as caught:
        TASKS[kind].parse(values, target, TASKS_BY_TYPE[kind])
    assert caught.value.reason == reason


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "value", [["a", "b"], {"a": 1}, True, math.nan, math.inf], ids=["list", "object", "true", "nan", "inf"]
)
def test_what_is_no_text_never_becomes_one(kind: str, value: object) -> None:
    """In no field and no target: it is refused, or missing."""
    sound = {name: "hi" for name, is_a in TASKS[kind].FIELDS.items() if is_a != "json"}
    places: list[tuple[Any, Any]] = [*((sound | {name: value}, None) for name in sound), (sound, value)]
    printed = {str(value), repr(value), json.dumps(value)}
    for fields, target in places:
        try:
            found = TASKS[kind].parse(fields, target, TASKS_BY_TYPE[kind])
        except Reject:
            continue
        assert printed.isdisjoint(texts_in(found)), found


def texts_in(value: object) -> list[str]:
    """Every text within a value, in lists and dictionaries too."""
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return [text for part in parts for text in texts_in(part)]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_target_survives_label_studio(data):
    task = data.draw(st.sampled_from(record_strategies.TASKS))
    kind, target = task_type(task), data.draw(targets(task))
    result: Any = kind.result_from_target(target)
    back = kind.target_from_result(result, task)
    assert (back if task is not CHAT else kind.parse({"messages": "?"}, back, task)[1]) == target


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_editing_with_a_function_that_changes_nothing_changes_nothing(data):
    task = data.draw(st.sampled_from(record_strategies.TASKS))
    one = data.draw(record_strategies.records(task))
    fields, target = task_type(task).edit_texts(one.fields, one.target, lambda text: text)
    assert (fields, target) == (one.fields, one.target)


@pytest.mark.parametrize("task", record_strategies.TASKS)
def test_the_labeling_config_is_xml_and_names_what_the_data_holds(task):
    fields, _ = as_record_holds({"messages": TURNS} if task is CHAT else {"text": "x"}, None)
    root = ElementTree.fromstring(task_type(task).labeling_config(task))
    data = task_type(task).to_label_studio(record(fields))
    named = [e.get("value") for e in root.iter() if (e.get("value") or "").startswith("$")]
    assert {name[1:].removesuffix("_html") for name in named} == data.keys() - {"template_arguments"}


def test_an_unknown_task_type_is_refused():
    with pytest.raises(PipelineError, match="unknown name 'classificaton'") as error:
        task_type(Task(type="classificaton"))
    assert "Did you mean 'classification'?" in error.value.hint
