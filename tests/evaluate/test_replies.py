"""Loss by part, and generated calls held against the true ones."""

import json

import numpy as np
import pytest

from pipeline.core.conversation import Message, ToolCall
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.evaluate.metrics import chat
from pipeline.evaluate.metrics.replies import call_counts, call_metrics, part_losses
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Prediction, WrittenReply

CHAT = Task(type="chat", languages=("en", "zh"))
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city"],
        },
    },
}
ASKED = [Message("user", "里昂天气？").as_dict()]


def record(n, *calls, text="晴"):
    target = Message("assistant", "" if calls else text, tool_calls=calls).as_dict()
    fields = {"messages": ASKED, "tools": json.dumps([TOOL])}
    return Record(f"r{n}", fields, Source("s", "files", "f", n, "", "train"), target, "zh")


def wrote(*calls, text="", **more):
    message = Message("assistant", text, tool_calls=calls)
    return Prediction(text, reply=WrittenReply(message, 9, 5, True), **more)


def call(arguments, name="weather"):
    return ToolCall(name, arguments)


def plain(metrics, rows):
    return {name: float(metric(np.ones((1, rows)))[0]) for name, metric in metrics.items()}


RIGHT = call('{"days": 2, "city": "里昂"}')
CASES = [
    (record(0, RIGHT), wrote(call('{"city": "里昂", "days": 2}')), "right but for the order of keys"),
    (record(1, RIGHT), wrote(call('{"city": "Paris", "days": 2}')), "right tool, other arguments"),
    (record(2, RIGHT), wrote(call('{"days": "two"}')), "breaks the schema"),
    (record(3, RIGHT), wrote(call('{"city": "Ly')), "no JSON"),
    (record(4, RIGHT), wrote(text="晴"), "no call although one is due"),
    (record(5), wrote(RIGHT), "a call that is not due"),
    (record(6), wrote(text="晴"), "no call, none due"),
    (record(7, RIGHT, call('{"city": "a"}')), wrote(call('{"city": "a"}'), RIGHT), "two calls, the other way round"),
    (record(8, RIGHT), wrote(call("{}", "other")), "a tool that is not defined"),
]


def test_calls_are_counted_by_hand():
    records, predictions, _ = zip(*CASES, strict=True)
    found = plain(call_metrics(records, predictions), len(CASES))
    assert found == {
        "call_when_due": pytest.approx(7 / 9),
        "call_right_tool": pytest.approx(5 / 7),  # rows 0 to 3 and 7 of 0 to 4, 7, 8
        "call_right_arguments": pytest.approx(2 / 7),
        "call_valid_json": pytest.approx(7 / 8),
        "call_valid_arguments": pytest.approx(5 / 8),
    }


def test_how_many_replies_the_figures_on_calls_rest_on():
    records, predictions, _ = zip(*CASES, strict=True)
    assert call_counts(records, predictions) == {"replies_that_should_call": 7, "replies_that_call": 7}
    assert call_counts([record(0)], [wrote(text="晴")]) == {}


def test_no_figures_where_nothing_calls_or_nothing_was_written():
    assert call_metrics([record(0)], [wrote(text="晴")]) == {}
    assert call_metrics([record(0, RIGHT)], [Prediction(None, log_likelihood=-1.0, tokens=2)]) == {}
    assert part_losses([Prediction("x", part_losses={"content": (2.0, 4)})]) == {}


def test_loss_is_told_apart_by_part():
    rows = [
        Prediction("a", part_losses={"content": (2.0, 4), "reasoning": (6.0, 3)}),
        Prediction("b", part_losses={"content": (4.0, 2), "tool_calls": (1.0, 4)}),
    ]
    found = plain(part_losses(rows), 2)
    assert found == {"loss_content": 1.0, "loss_reasoning": 2.0, "loss_tool_calls": 0.25}


def test_the_metrics_of_chat_hold_them():
    truth = record(0, RIGHT)
    losses = {"content": (1.0, 2), "tool_calls": (1.0, 2)}
    found = chat.compute_metrics(
        [truth], [wrote(RIGHT, log_likelihood=-2.0, tokens=4, part_losses=losses)], CHAT, Params()
    )
    assert {"loss_per_token", "loss_tool_calls", "call_right_arguments"} <= found.metrics.keys()
    assert {"loss_content", "loss_tool_calls"} <= found.lower_is_better
