"""What a chat's reply is made of: the loss of its text, reasoning and calls, and whether generated calls are right."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence

from pipeline.conversations import arguments
from pipeline.conversations.records import conversation_of
from pipeline.core.conversation import Conversation, Message, ToolCall
from pipeline.core.record import Record
from pipeline.modeling.prediction import Prediction
from pipeline.stats.bootstrap import mean_of, ratio_of
from pipeline.stats.numbers import Metric

#: Problems of a call that make it no JSON object.
_NO_JSON = frozenset({"arguments_no_json", "arguments_no_object"})
_PARTS = ("content", "reasoning", "tool_calls")


def part_losses(predictions: Sequence[Prediction]) -> dict[str, Metric]:
    """`loss_content`, `loss_reasoning`, `loss_tool_calls`: nats per token of that part of the true replies.

    Empty where replies are text alone: that is the loss per token.
    """
    metrics: dict[str, Metric] = {}
    for part in _PARTS:
        pairs = [prediction.part_losses.get(part, (0.0, 0)) for prediction in predictions]
        tokens = [float(count) for _, count in pairs]
        if any(tokens):
            metrics[f"loss_{part}"] = ratio_of([nats for nats, _ in pairs], tokens)
    return {} if set(metrics) <= {"loss_content"} else metrics


def call_metrics(records: Sequence[Record], predictions: Sequence[Prediction]) -> dict[str, Metric]:
    """Shares, empty where neither a true reply nor a written one calls a tool.

    call_when_due: replies that call where the true one does, and do not where it does not. Of the replies that should
    call: call_right_tool (the same tools, in any order), call_right_arguments (the same calls, arguments compared as
    JSON). Of the calls written: call_valid_json (arguments are a JSON object), call_valid_arguments (the tool is
    defined, and its schema holds).
    """
    replies = [prediction.reply.message for prediction in predictions if prediction.reply is not None]
    if len(replies) < len(predictions):
        return {}
    pairs = [(Message.of(record.target), reply) for record, reply in zip(records, replies, strict=True)]
    calls = [(bool(truth.tool_calls), bool(reply.tool_calls)) for truth, reply in pairs]
    if not any(map(any, calls)):
        return {}
    when_due = [float(is_due == is_made) for is_due, is_made in calls]
    return {"call_when_due": mean_of(when_due), **_right_calls(pairs), **_valid_calls(records, replies)}


def call_counts(records: Sequence[Record], predictions: Sequence[Prediction]) -> dict[str, int]:
    """What the shares of `call_metrics` rest on; empty where those are.

    replies_that_should_call: true replies that call a tool. replies_that_call: written ones that do.
    """
    if not call_metrics(records, predictions):
        return {}
    return {
        "replies_that_should_call": sum(bool(Message.of(record.target).tool_calls) for record in records),
        "replies_that_call": sum(bool(one.reply and one.reply.message.tool_calls) for one in predictions),
    }


def _right_calls(pairs: Sequence[tuple[Message, Message]]) -> dict[str, Metric]:
    """Of the true replies that call a tool, whether the written one makes the same calls."""
    due = [float(bool(truth.tool_calls)) for truth, _ in pairs]
    if not any(due):
        return {}
    keys: dict[str, Callable[[ToolCall], object]] = {"call_right_tool": _tool, "call_right_arguments": _call}
    return {
        name: ratio_of([is_due * _same(*pair, key) for is_due, pair in zip(due, pairs, strict=True)], due)
        for name, key in keys.items()
    }


def _valid_calls(records: Sequence[Record], replies: Sequence[Message]) -> dict[str, Metric]:
    """Of the calls written, those whose arguments are a JSON object, and those that fit the tool's schema."""
    made = [float(len(reply.tool_calls)) for reply in replies]
    if not any(made):
        return {}
    checked = [_checked(record, reply) for record, reply in zip(records, replies, strict=True)]
    counts = zip(*checked, strict=True)
    names = ("call_valid_json", "call_valid_arguments")
    return {name: ratio_of([float(n) for n in some], made) for name, some in zip(names, counts, strict=True)}


def _checked(record: Record, reply: Message) -> tuple[int, int]:
    """How many of the reply's calls are JSON objects, and how many fit the tools of the record."""
    tools = conversation_of(record.fields, None).tools
    found = [
        {
            problem.reason
            for problem in arguments.problems(Conversation((Message("assistant", tool_calls=(call,)),), tools))
        }
        for call in reply.tool_calls
    ]
    return sum(not reasons & _NO_JSON for reasons in found), sum(not reasons for reasons in found)


def _same(truth: Message, reply: Message, key: Callable[[ToolCall], object]) -> bool:
    return Counter(map(key, truth.tool_calls)) == Counter(map(key, reply.tool_calls))


def _tool(call: ToolCall) -> str:
    return call.name


def _call(call: ToolCall) -> tuple[str, str]:
    try:
        return call.name, json.dumps(json.loads(call.arguments), sort_keys=True)
    except ValueError:
        return call.name, call.arguments
