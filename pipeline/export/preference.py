"""Form `preference`: pairs of replies, for DPO and its kin, from what people corrected."""

from __future__ import annotations

import json

from pipeline.core.conversation import Conversation, Message, conversation
from pipeline.core.json_types import JsonObject
from pipeline.core.record import Row
from pipeline.core.settings import Task
from pipeline.dialects.messages import write_prompt_completion


def pair(row: Row, task: Task) -> JsonObject | None:
    """`{"prompt": [turns], "chosen": [turn], "rejected": [turn], "tools"}`; None where nobody corrected the reply.

    Reads a row of records.parquet: fields, target, labels_by, history. The reply that a person gave is chosen over the
    one that the record had before.
    """
    rejected = _before(row)
    by = (row["labels_by"] or {}).get("who", "")
    if rejected is None or row["target"] is None or not by.startswith(("human:", "crowd:")):
        return None
    chosen = Message.of(row["target"])
    if (chosen.content, chosen.tool_calls) == (rejected.content, rejected.tool_calls):
        return None
    talk = conversation(row["fields"])
    good, bad = (
        write_prompt_completion(Conversation((*talk.messages, reply), talk.tools, talk.template_arguments))
        for reply in (chosen, rejected)
    )
    beside = {name: value for name, value in good.items() if name not in ("prompt", "completion")}
    return {
        "id": row["id"],
        "prompt": good["prompt"],
        "chosen": good["completion"],
        "rejected": bad["completion"],
        **beside,
        "by": by,
    }


def _before(row: Row) -> Message | None:
    """The reply as it was when people first changed it."""
    for change in row["history"] or ():
        if change["step"] == "label" and change["field"] == "target":
            value = json.loads(change["before"])
            return None if value is None else Message.of(value)
    return None
