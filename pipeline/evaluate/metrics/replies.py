"""What a chat's reply is made of: the loss of its text, reasoning and calls, and whether generated calls are right."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence

from pipeline.conversations import arguments
from pipeline.conversations.records import talk_of
from pipeline.core.conversation import Conversation, Message, ToolCall
from pipeline.core.record import Record
from pipeline.modeling.prediction import Prediction
from pipeline.stats.bootstrap import mean_of, ratio_of
from pipeline.stats.numbers import Metric

#: Faults of a call that make it no JSON object.
_NO_JSON = frozenset({"arguments_no_json", "arguments_no_object"})
_PARTS = ("content", "reasoning", "tool_calls")


def part_losses(predictions: Sequence[Prediction]) -> dict[str, Metric]:
    """`loss_content`, `loss_reasoning`, `loss_tool_calls`: nats per token of that part of the true replies.

    Empty where replies are text alone: that is the loss per token.
    """
    found = {part: [prediction.part_losses.get(part, (0.0, 0)) for prediction in predictions] for part in _PARTS}
    there = {part: pairs for part, pairs in found.items() if any(tokens for _, tokens in pairs)}
    if set(there) <= {"content"}:
        return {}
    return {
        f"loss_{part}": ratio_of([nats for nats, _ in pairs], [float(tokens) for _, tokens in pairs])
        for part, pairs in there.items()
    }


def call_metrics(records: Sequence[Record], predictions: Sequence[Prediction]) -> dict[str, Metric]:
    """Shares, empty where neither a true reply nor a written one calls a tool.

    call_when_due: replies that call where the true one does, and do not where it does not. Of the replies that should
    call: call_right_tool (the same tools, in any order), call_right_arguments (the same calls, arguments compared as
    JSON). Of the calls written: call_valid_json (arguments are a JSON object), call_valid_arguments (the tool is
    defined, and its schema holds).
    """
    if any(prediction.reply is None for prediction in predictions):
        return {}
    replies = [prediction.reply.message for prediction in predictions if prediction.reply is not None]
    truths = [Message.of(record.target) for record in records]
    due = [bool(truth.tool_calls) for truth in truths]
    made = [float(len(reply.tool_calls)) for reply in replies]
    if not any(due) and not any(made):
        return {}
    metrics = {"call_when_due": mean_of([float(d == bool(m)) for d, m in zip(due, made, strict=True)])}
    if any(due):
        pairs = list(zip(truths, replies, strict=True))
        keys: dict[str, Callable[[ToolCall], object]] = {"call_right_tool": _tool, "call_right_arguments": _call}
        for name, key in keys.items():
            hits = [float(bool(t.tool_calls) and _same(t, r, key)) for t, r in pairs]
            metrics[name] = ratio_of(hits, [float(d) for d in due])
    if any(made):
        checked = [_checked(record, reply) for record, reply in zip(records, replies, strict=True)]
        metrics["call_valid_json"] = ratio_of([float(is_json) for is_json, _ in checked], made)
        metrics["call_valid_arguments"] = ratio_of([float(fits) for _, fits in checked], made)
    return metrics


def _checked(record: Record, reply: Message) -> tuple[int, int]:
    """How many of the reply's calls are JSON objects, and how many fit the tools of the record."""
    tools = talk_of(record.fields, None).tools
    found = [
        {fault.reason for fault in arguments.faults(Conversation((Message("assistant", tool_calls=(call,)),), tools))}
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
