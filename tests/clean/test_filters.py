import pytest

from pipeline.clean.steps.language import Language, check_language
from pipeline.clean.steps.missing import Missing, drop_missing
from pipeline.clean.steps.pii import Pii, handle_pii
from pipeline.clean.steps.quality import Quality, filter_quality
from pipeline.text.personal_data import find
from tests.clean.records import make, table, texts


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


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ok", None),
        ("好", None),
        ("👍🏽👍", None),
        ("❤️", None),
        ("---------", "few_letters"),
        ("░░▀██\n█▄░░▀", None),
        ("x" * 50, "too_long"),
        ("!!! ??? ***", "few_letters"),
        ("buy\nbuy\nbuy\nbuy", "repeated_lines"),
        ("|a|b|\n|--|--|\n|1|2|\n|1|2|", None),
        ("+--+--+\n|1 |2 |\n+--+--+", None),
        ("```\n{}[]();\n}}\n```", None),
        ("{\n}\n{\n}\n{\n}", None),
        ("|--|--|\n|  |  |\n!!! ??? ***", "few_letters"),
        ("a\nb\na\nc", None),
        ("a\nb\nc\na\nb\nc", None),
        ("Say it 5 times:\nyes\nyes\nyes\nyes\nyes", None),
        ("把这句话重复四遍\n好\n好\n好\n好", None),
    ],
)
def test_quality(text, reason, context):
    outcome = filter_quality(table([make(text)]), Quality(max_chars=40), context)
    assert outcome.dropped["reason"].to_pylist() == ([reason] if reason else [])


def test_a_least_length_is_set(context):
    outcome = filter_quality(table([make("ok"), make("很好吃")]), Quality(min_chars=3), context)
    assert texts(outcome.kept) == ["很好吃"]
    assert outcome.dropped["reason"].to_pylist() == ["too_short"]


def test_quality_spares_test_sources(context):
    assert filter_quality(table([make("?", role="test")]), Quality(), context).dropped.num_rows == 0


@pytest.mark.parametrize(
    "step", [(check_language, Language), (drop_missing, Missing), (handle_pii, Pii), (filter_quality, Quality)]
)
def test_empty_table(step, context):
    assert step[0](table([]), step[1](), context).kept.num_rows == 0
