import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.step import Context
from pipeline.clean.steps.language import Language, check_language
from pipeline.clean.steps.missing import Missing, drop_missing
from pipeline.clean.steps.pii import Pii, handle_pii
from pipeline.clean.steps.quality import Quality, filter_quality
from pipeline.core.record import Change, Record, Source
from pipeline.core.settings import Task
from pipeline.runtime.store import schema, to_records, to_table
from pipeline.text.account_numbers import cn_identity, luhn
from pipeline.text.language import detect
from pipeline.text.personal_data import find
from tests import chats
from tests.clean.records import make, table, texts

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
        ("How did Niagara Falls form?", SPANISH, "reply: es"),
        ("尼亚加拉瀑布是怎么形成的？", SPANISH, "reply: es"),
        ("Write two lines in Spanish.", SPANISH, None),
        ("请翻译成西班牙语：总理昨天讲话", SPANISH, None),
        (f"把下面的话翻译成中文：{SPANISH}", CHINESE, None),
        (SPANISH, ENGLISH, None),  # whoever asks in another language may get an answer in ours
        (SPANISH, "Si.", "prompt: es"),
        (f"Is this true?\n{SPANISH}", "Yes.", None),
        (SPANISH, SPANISH, "reply: es"),
        (SPANISH, None, "es"),
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


def test_blank_texts_drop_and_missing_labels_follow_the_policy(context):
    records = [make(" \n"), make("没有标签", None), make("labelled"), make("free", None, role="unlabelled")]
    kept = drop_missing(table(records), Missing(), context)
    assert texts(kept.kept) == ["没有标签", "labelled", "free"]
    strict = drop_missing(table(records), Missing(target="drop"), context)
    assert texts(strict.kept) == ["labelled", "free"]
    assert strict.dropped["reason"].to_pylist() == ["empty_text", "missing_label"]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("mail ann.lee+x@example.co.uk now", ["email"]),
        ("请联系张三：zhang@example.cn，谢谢", ["email"]),
        ("card 4111 1111 1111 1111 ok", ["card"]),
        ("card 4111 1111 1111 1112 no", []),
        ("call (212) 555-0142 or +44 20 7946 0958", ["phone", "phone"]),
        ("call 212.555.2142", ["phone"]),
        ("手机号13812345678，打我", ["cn_mobile"]),
        ("身份证11010519491231002X号", ["cn_id"]),
        ("身份证110105194912310021号", []),
        ("host 192.168.0.17 is down", ["ip"]),
        ("version 1.2.3 at 300.1.1.1", []),
        ("@ann see https://x.io/a1b2c3d4e5 #2015 for $1,234,567", []),
        ("order 20150612 costs 12,345.67", []),
    ],
)
def test_entities_are_found(text, kinds):
    assert [kind for _, _, kind in find(text)] == kinds


def test_check_digits():
    assert luhn("5500 0000 0000 0004")
    assert not luhn("0000 0000 0000 0000")
    assert cn_identity("11010519491231002x")
    assert not cn_identity("110105194913310021")


@given(st.integers(10**14, 10**15 - 1))
def test_exactly_one_last_digit_satisfies_luhn(number):
    assert sum(luhn(f"{number}{digit}") for digit in range(10)) == 1 or len(set(str(number))) == 1


def test_mask_is_stable_and_leaves_nothing_in_history(context):
    first = make("a@b.com or c@d.com, again a@b.com").derive(
        "repair_text", fields={"text": "a@b.com, c@d.com, a@b.com"}
    )
    outcome = handle_pii(table([first]), Pii(), context)
    (kept,) = to_records(outcome.kept)
    assert kept.fields["text"] == "[EMAIL_1], [EMAIL_2], [EMAIL_1]"
    assert [c.step for c in kept.history] == ["repair_text", "pii"]
    assert "@b.com" not in str(kept.history)
    assert outcome.notes["entities"] == {"email": 3}
    assert handle_pii(outcome.kept, Pii(), context).changed == 0


def test_mask_leaves_no_other_spelling_in_history(context):
    first = make("拨打１３８１２３４５６７８。").derive("repair_text", fields={"text": "拨打１３８12345678。"})
    first = first.derive("repair_text", fields={"text": "拨打13812345678。"})
    (kept,) = to_records(handle_pii(table([first]), Pii(), context).kept)
    assert kept.fields["text"] == "拨打[CN_MOBILE_1]。"
    assert [(c.step, c.before) for c in kept.history[:2]] == [("repair_text", '"[masked]"')] * 2
    assert [c.after for c in kept.history] == ['"[masked]"', '"拨打[CN_MOBILE_1]。"', '"拨打[CN_MOBILE_1]。"']
    assert "１３８" not in str(kept.history)


def test_mask_keeps_the_history_of_other_fields(context):
    first = make("a@b.com").derive("language", lang="zh")
    (kept,) = to_records(handle_pii(table([first]), Pii(), context).kept)
    assert kept.history[0] == Change("language", "lang", '""', '"zh"')


def test_keep_and_drop(context):
    records = [make("a@b.com"), make("see 10.0.0.1")]
    outcome = handle_pii(table(records), Pii(email="drop"), context)
    assert texts(outcome.kept) == ["see 10.0.0.1"]
    assert outcome.dropped["reason"].to_pylist() == ["personal_data"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ok", "too_short"),
        ("很好吃", None),
        ("x" * 50, "too_long"),
        ("!!! ??? ***", "few_letters"),
        ("buy\nbuy\nbuy\nbuy", "repeated_lines"),
        ("a\nb\na\nc", None),
    ],
)
def test_quality(text, reason, context):
    outcome = filter_quality(table([make(text)]), Quality(max_chars=40), context)
    assert outcome.dropped["reason"].to_pylist() == ([reason] if reason else [])


def test_quality_spares_test_sources(context):
    assert filter_quality(table([make("?", role="test")]), Quality(), context).dropped.num_rows == 0


@pytest.mark.parametrize(
    "step", [(check_language, Language), (drop_missing, Missing), (handle_pii, Pii), (filter_quality, Quality)]
)
def test_empty_table(step, context):
    assert step[0](table([]), step[1](), context).kept.num_rows == 0
