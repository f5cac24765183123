"""One problem of a conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: What can be wrong; docs/conversations.md says what each means.
Reason = Literal[
    "no_user_turn",
    "starts_with_assistant",
    "same_role_twice",
    "late_system_turn",
    "several_system_turns",
    "empty_turn",
    "empty_reply",
    "reasoning_left_open",
    "reasoning_not_opened",
    "reasoning_tag_in_reasoning",
    "reasoning_only",
    "call_left_as_text",
    "control_token_in_text",
    "bad_tool_definition",
    "duplicate_tool",
    "no_tool_definitions",
    "unknown_tool",
    "call_of_other_role",
    "arguments_no_json",
    "arguments_no_object",
    "missing_argument",
    "extra_argument",
    "wrong_argument_type",
    "bad_argument_value",
    "duplicate_call_id",
    "call_without_result",
    "result_without_call",
    "duplicate_result",
    "call_id_mismatch",
    "wrong_result_name",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """`reason` is counted; `detail` names the turn (from 1) and shows the evidence."""

    reason: Reason
    detail: str
