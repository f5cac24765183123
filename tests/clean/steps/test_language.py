import pytest

from pipeline.clean.step import Context
from pipeline.clean.steps.language import Language, check_language
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_records, to_table
from pipeline.text.language import detect
from tests import chats
from tests.clean.records import make, table

SOURCE = Source("some", "files", "some.csv", 1, "train", "")


SPANISH = "El primer ministro dijo ayer que el gobierno no piensa subir los impuestos este año a nadie"


ENGLISH = "The prime minister said yesterday that the government will not raise taxes this year"


CHINESE = "总理昨天表示，政府今年不打算提高税收，并将继续支持中小企业发展"


JAPANESE = "首相は昨日、政府は今年増税するつもりはないと述べました。中小企業への支援を続けます"


@pytest.mark.parametrize(("text", "language"), [(ENGLISH, "en"), (CHINESE, "zh"), (SPANISH, "es"), (JAPANESE, "ja")])
def test_languages_are_told_apart(text, language):
    found = detect(text, ["en", "zh"])
    assert found is not None
    assert found[0] == language
    assert found[1] > 0.9


def test_only_sure_strangers_drop_and_short_texts_are_not_judged(context):
    records = [
        make(ENGLISH),
        make(CHINESE),
        make(SPANISH),
        make("lol wat"),
        make("hola"),
        make(SPANISH, key="t", role="test"),
    ]
    outcome = check_language(table(records), Language(min_confidence=0.99), context)
    assert outcome.dropped["fields"].to_pylist() == [{"text": SPANISH}]
    assert outcome.dropped["reason"].to_pylist() == ["wrong_language"]
    kept = list(to_records(outcome.kept))
    assert [record.lang for record in kept[:2]] == ["en", "zh"]
    assert kept[0].scores["language"] > 0.99
    assert "language" not in kept[2].scores


def test_keep_only_scores(context):
    outcome = check_language(table([make(SPANISH)]), Language(wrong="keep"), context)
    (kept,) = to_records(outcome.kept)
    assert kept.scores["language"] < 0.01


CHAT = Task(type="chat", languages=("en", "zh"))


@pytest.mark.parametrize(
    ("asked", "answered", "why"),
    [
        ("How did Niagara Falls form?", ENGLISH, None),
        ("How did Niagara Falls form?", SPANISH, "reply: language es"),
        ("尼亚加拉瀑布是怎么形成的？", SPANISH, "reply: language es"),
        ("Write two lines in Spanish.", SPANISH, None),
        ("请翻译成西班牙语：总理昨天讲话", SPANISH, None),
        (f"把下面的话翻译成中文：{SPANISH}", CHINESE, None),
        (SPANISH, ENGLISH, None),  # whoever asks in another language may get an answer in ours
        (SPANISH, "Si.", "prompt: language es"),
        (f"Is this true?\n{SPANISH}", "Yes.", None),
        (SPANISH, SPANISH, "reply: language es"),
        (SPANISH, None, "language es"),
        (f"Is this true?\n{SPANISH}", None, None),
        ("Hi", "Hello", None),
    ],
)
def test_prompt_and_reply_are_judged_apart(asked, answered, why):
    record = Record("r", chats.fields([("user", asked)]), SOURCE, chats.reply(answered))
    outcome = check_language(to_table([record], schema(CHAT)), Language(), Context(CHAT))
    details = outcome.dropped["detail"].to_pylist()
    assert len(details) == (why is not None)
    assert all(detail.startswith(why) for detail in details)


def test_prompt_and_reply_have_scores_of_their_own():
    record = Record("r", chats.fields([("user", SPANISH)]), SOURCE, chats.reply(CHINESE))
    (kept,) = to_records(check_language(to_table([record], schema(CHAT)), Language(), Context(CHAT)).kept)
    assert kept.scores["language"] > 0.99
    assert kept.scores["language_prompt"] < 0.01
    assert kept.lang == "zh"


def test_a_translation_may_be_in_its_target_language():
    task = Task(type="translation", languages=("en",), target_language="es")
    records = [Record("r", {"text": ENGLISH}, SOURCE, SPANISH), Record("s", {"text": ENGLISH}, SOURCE, JAPANESE)]
    outcome = check_language(to_table(records, schema(task)), Language(), Context(task))
    assert outcome.kept["id"].to_pylist() == ["r"]
