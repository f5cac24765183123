"""Arguments of calls: what is certain is repaired, the rest stays."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.conversations.arguments import repaired_arguments
from pipeline.core.conversation import Conversation
from tests.conversations.sound import sound_conversations


@given(sound_conversations(with_tools=True))
@settings(max_examples=100, deadline=None)
def test_arguments_that_are_json_stay_as_they_are(conversation: Conversation) -> None:
    for message in conversation.messages:
        assert all(repaired_arguments(call.arguments) == call.arguments for call in message.tool_calls)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{'city': '里昂', 'exact': True, 'days': None}", {"city": "里昂", "exact": True, "days": None}),
        ('{"city": "Lyon", "tags": ["a", ],}', {"city": "Lyon", "tags": ["a"]}),
        ('```json\n{"city": "Lyon"}\n```', {"city": "Lyon"}),
        ('"{\\"city\\": \\"Lyon\\"}"', {"city": "Lyon"}),
        ('{"text": "two\nlines"}', {"text": "two\nlines"}),
        ("{'exact': true, 'note': 'true or false'}", {"exact": True, "note": "true or false"}),
        ("", {}),
    ],
)
def test_what_is_certain_is_mended(text: str, expected: dict[str, object]) -> None:
    assert json.loads(repaired_arguments(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        '{"city": "Ly',
        "city: Lyon",
        '{"a": NaN}',
        "{1: 2}",
        "{'a': (1, 2)}",
        "['a']",
        "{'a': '\\u00e9'}",
        "null",
        "[" * 5000,
    ],
)
def test_what_is_not_certain_stays(text: str) -> None:
    assert repaired_arguments(text) == text


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text(), max_size=4))
@settings(deadline=None)
def test_an_object_that_python_printed_is_mended_to_itself_or_not_at_all(value: dict[str, object]) -> None:
    found = repaired_arguments(str(value))
    assert found == str(value) or json.loads(found) == value
