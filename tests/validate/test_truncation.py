"""What a token limit takes away: answers are told apart from mere context, as each task type treats long texts."""

from __future__ import annotations

import pytest

from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.modeling.models import Model, Models
from pipeline.validate.expectations.truncation import WAYS, Limit, Loss
from tests.validate.conftest import CHAT, SOURCE, chat, check, sound_chats

LIMIT = Limit(10, 1, 2, lambda text: len(text.split()))
QA = Task(type="qa", languages=("en",))
SUMMARY = Task(type="summarization", languages=("en",))


@pytest.fixture
def words(tmp_path):
    """A model whose tokens are words."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return Models(encoder=Model(name=str(tmp_path)), generator=Model(name=str(tmp_path)))


@pytest.mark.parametrize(
    ("way", "texts", "places", "loss"),
    [
        ("cut", ["a b c", "d e f", "g h i j", "k"], [(1, 0, 5), (3, 0, 1)], Loss(5, 1)),
        ("cut", ["a b c", "d e f g h i"], [(1, 0, 1), (1, 2, 11)], Loss(1, 1)),
        ("windows", ["a b c d e f g h i j k l m", "q q q"], [(0, 0, 1), (0, 8, 15), (0, 0, 25)], Loss(0, 1)),
        ("windows", ["a b c d e f g h i j k l m"], [(0, 12, 21), (0, 24, 25)], Loss(0, 1)),
        ("shorten", ["a b c d e f g h i j", "k"], [(1, 0, 1)], Loss(3, 0)),
        ("shorten", ["a", "b c d e f g h i j k l"], [(1, 0, 21)], Loss(4, 1)),
    ],
)
def test_what_is_lost(way, texts, places, loss):
    lengths = [len(text.split()) + 1 for text in texts]
    assert WAYS[way](texts, lengths, places, LIMIT) == loss


def test_a_chat_that_loses_its_reply_is_told_from_one_that_loses_a_question(words):
    long = " ".join("w" for _ in range(30))
    records = [
        *sound_chats(),
        chat("reply", [("user", "Tell me")], long),
        chat("both", [("user", "Hi"), ("assistant", long), ("user", "And then?")], "The end."),
    ]
    entry = {"expect": "fits_model", "model": "generator", "max_length": 20, "special_tokens": 1, "models": words}
    finding = check(records, CHAT, **entry)
    assert {one["id"]: one["why"] for one in finding.first} == {
        "reply": "34 tokens, 14 are cut off, 1 of 1 answers not whole",
        "both": "39 tokens, 19 are cut off, 2 of 2 answers not whole",
    }
    assert finding.observed.endswith("; 3 of 8 answers not whole, in 2 records")
    asked = [*sound_chats(), chat("asked", [("user", "Hi"), ("assistant", "Yes?"), ("user", long)], None)]
    assert not check(asked, CHAT, **entry).passed
    only = check(asked, CHAT, **entry, losing="answers")
    assert only.passed
    assert "lose no answer to the limit of 20 tokens" in only.title


def test_answers_in_long_contexts_are_lost_only_where_no_window_holds_them(words):
    context = " ".join(f"w{n:02}" for n in range(60))

    def question(name, start, length):
        answer = {"start": start * 4, "text": context[start * 4 : (start + length) * 4 - 1]}
        return Record(name, {"context": context, "question": "Which ?"}, SOURCE, [answer], "en", "train")

    records = [question("short", 25, 2), question("long", 10, 45)]
    finding = check(records, QA, expect="fits_model", max_length=40, stride=8, models=words)
    assert finding.first == ({"id": "long", "why": "66 tokens, 1 of 1 answers not whole"},)
    assert "lose no answer to windows of 40 tokens" in finding.title
    assert finding.observed == "longest 66; 0 % of all tokens are cut off; 1 of 2 answers not whole, in 1 records"


def test_a_long_document_gives_way_to_its_summary(words):
    text = " ".join("w" for _ in range(30))
    records = [
        Record("document", {"text": text}, SOURCE, "short", "en", "train"),
        Record("summary", {"text": "short"}, SOURCE, text, "en", "train"),
    ]
    entry = {"expect": "fits_model", "model": "generator", "max_length": 20, "models": words}
    assert [one["id"] for one in check(records, SUMMARY, **entry).first] == ["document", "summary"]
    assert [one["id"] for one in check(records, SUMMARY, **entry, losing="answers").first] == ["summary"]
