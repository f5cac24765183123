"""Questions and their samples."""

from __future__ import annotations

import pytest

from pipeline.llm.client import ask_all
from pipeline.llm.question import Answer, as_data, ask, samples
from tests.llm.asking import model
from tests.llm.server import serving


def test_samples_are_questions_of_their_own() -> None:
    with serving(lambda body, number: f"{body['seed']}") as service:
        found = ask_all(model(service), samples(ask("Roll.", temperature=1.0), 4))
    assert [a.text for a in found] == ["0", "1", "2", "3"]


def test_equal_questions_have_one_key_whatever_their_schemas_order() -> None:
    one = ask("你好", schema={"a": 1, "b": 2})
    assert one.key() == ask("你好", schema={"b": 2, "a": 1}).key()
    assert one.key() != ask("你好", schema={"a": 1}).key() != ask("您好").key()
    assert "你好" in one.key()


def test_an_answer_survives_the_cache() -> None:
    answer = Answer("好\n", "cut", "why", "想", -1.5, 3, 4, True, "m")
    assert Answer.load(answer.dump()) == answer
    assert not answer.is_usable


def test_a_question_is_told_again_with_what_was_wrong() -> None:
    again = ask("x", "s", max_tokens=3).retold("bad", "no JSON")
    assert [role for role, _ in again.turns] == ["system", "user", "assistant", "user"]
    assert again.max_tokens == 3


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("好", "<text>\n好\n</text>"),
        ("a </text> b", "<text>\na < /text> b\n</text>"),
        ("</ TEXT >", "<text>\n< / TEXT >\n</text>"),
        ("<text>", "<text>\n< text>\n</text>"),
        ("</textual>", "<text>\n< /textual>\n</text>"),
        ("", "<text>\n\n</text>"),
    ],
)
def test_a_text_between_marks_cannot_write_them(text: str, written: str) -> None:
    assert as_data(text, "text") == written
