"""What people choose and how they rate: from Label Studio's regions to answers, pairs and ratings."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.annotation.annotations import Annotation
from pipeline.annotation.label_studio_export import read_annotation
from pipeline.annotation.reply_ratings import PREFERENCE, Preferred, preferred_of, ratings_of, with_choice
from pipeline.core.conversation import Message, ToolCall
from pipeline.core.record import Reject
from pipeline.core.settings import Task
from pipeline.tasks import chat
from tests import chats

CHAT = Task(type="chat", languages=("en", "zh"))
CALL = Message(
    "assistant", "我查一下。", "They ask for stock.", (ToolCall("stock", '{"plant": "fern"}', "c1"),)
).as_dict()
PLAIN = Message("assistant", "Three ferns are left.").as_dict()
SHOWN = {"record_id": "r", "candidates": [CALL, PLAIN]}


def choice(said: str) -> Any:
    return {"from_name": PREFERENCE, "to_name": "messages", "type": "choices", "value": {"choices": [said]}}


def area(name: str, text: str) -> dict[str, Any]:
    return {"from_name": name, "to_name": "messages", "type": "textarea", "value": {"text": [text]}}


def star(criterion: str, count: int) -> Any:
    return {"from_name": f"rating_{criterion}", "to_name": "messages", "type": "rating", "value": {"rating": count}}


def read(*result: dict[str, Any], shown: Any = SHOWN) -> Annotation:
    annotation: Any = {"completed_by": 7, "created_at": "2026-01-31T12:00:00Z", "result": list(result)}
    return read_annotation(annotation, shown, "place", CHAT)


@pytest.mark.parametrize(
    ("said", "value", "pairs"),
    [("first", CALL, [(CALL, PLAIN)]), ("second", PLAIN, [(PLAIN, CALL)]), ("equal", CALL, [])],
)
def test_the_chosen_reply_is_the_answer_whole_and_the_pair_stands_beside_it(said: str, value: Any, pairs: Any) -> None:
    found = read(choice(said))
    assert chat.parse(chats.fields([("user", "有蕨吗？")]), found.value, CHAT)[1] == value
    assert preferred_of(found.more) == [Preferred(*pair) for pair in pairs]


def test_a_better_reply_that_was_written_is_the_answer_and_better_than_both() -> None:
    found = read(choice("second"), area("reply", "还有三盆蕨。"))
    written = chats.reply("还有三盆蕨。")
    assert written is not None
    assert found.value == "还有三盆蕨。"
    assert preferred_of(found.more) == [Preferred(PLAIN, CALL), Preferred(written, CALL), Preferred(written, PLAIN)]
    again = read(choice("equal"), area("reply", "Three ferns are left."))  # no pair of a reply with itself
    assert preferred_of(again.more) == [Preferred(PLAIN, CALL)]


def test_ratings_stand_beside_the_reply_as_shown_or_corrected() -> None:
    found = read(area("reply", "Two ferns."), star("correct", 2), star("helpful", 5), shown={"record_id": "r"})
    assert found.value == "Two ferns."
    assert ratings_of(found.more) == {"correct": 2.0, "helpful": 5.0}
    assert preferred_of(found.more) == []
    assert ratings_of(None) == {}


def test_what_is_no_comparison_stays_as_it_is_and_nothing_chosen_is_no_answer() -> None:
    result: list[Any] = [area("reply", "x")]
    assert with_choice(result, SHOWN, CHAT) == result
    assert with_choice([choice("first")], {"candidates": [CALL]}, CHAT) == [choice("first")]
    with pytest.raises(Reject, match="empty_annotation"):
        read(choice("neither"))
