from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.record import Decision
from pipeline.core.settings import Task
from pipeline.modeling.models import Model, Models
from pipeline.validate.expectations import EXPECTATIONS
from pipeline.validate.expectations.tokens import estimate
from pipeline.validate.suite import make_checks, read_suite
from tests.validate.conftest import CHAT, SENTIMENT, SOURCE, chat, check, review, sound_chats, sound_reviews, view

PASSING = [
    {"expect": "values_present", "column": "text"},
    {"expect": "unique", "column": "id"},
    {"expect": "length_between", "column": "text", "min": 5, "max": 60},
    {"expect": "number_between", "column": "label_confidence", "min": 0.5, "max": 1},
    {"expect": "in_languages"},
    {"expect": "in_declared_labels"},
    {"expect": "class_share_between", "min": 0.4, "max": 0.6},
    {"expect": "rows_between", "split": "test", "min": 2, "max": 2},
    {"expect": "no_leakage"},
    {"expect": "no_conflicting_labels"},
    {"expect": "valid_structure"},
    {"expect": "fits_model", "max_length": 40},
    {"expect": "conserved_counts"},
    {"expect": "test_trusted"},
    {"expect": "no_pii_left"},
    {"expect": "language_share_between", "min": 0.4},
    {"expect": "no_drift"},
    {"expect": "test_frozen"},
]


def test_every_expectation_has_a_passing_example():
    # valid_conversations is for chats: see below
    assert {entry["expect"] for entry in PASSING} == set(EXPECTATIONS) - {"valid_conversations"}


@pytest.mark.parametrize("entry", PASSING, ids=lambda entry: entry["expect"])
def test_sound_records_pass(entry):
    finding = check(sound_reviews(), **entry)
    assert finding.passed
    assert finding.unexpected == 0
    assert finding.first == ()


# What is added to the sound records, the entry, and the records that must be named with part of the reason.
FAILING = [
    ([review("bad", "  \n")], {"expect": "values_present", "column": "text"}, {"bad": "no value"}),
    ([review("bad", "没有标签", None)], {"expect": "values_present", "column": "label"}, {"bad": "no value"}),
    ([review("en1", "Same id.")], {"expect": "unique", "column": "id"}, {"en1": "en1"}),
    ([review("bad", "好")], {"expect": "length_between", "column": "text", "min": 5}, {"bad": "好"}),
    (
        [review("bad", "Who knows", labels_by=Decision("crowd:vote", 0.2))],
        {"expect": "number_between", "column": "label_confidence", "min": 0.5},
        {"bad": "0.2"},
    ),
    ([review("bad", "C'est bien.", lang="fr")], {"expect": "in_languages"}, {"bad": "fr"}),
    ([review("bad", "还行", "neutral")], {"expect": "in_declared_labels"}, {"bad": "'neutral' is not declared"}),
    ([review("bad", "WOULD watch  it again．")], {"expect": "no_leakage"}, {"bad": "the same text as en4 in test"}),
    ([review("bad", "一点也不好吃。", group="g")], {"expect": "no_leakage"}, {"bad": "the same text as zh4 in test"}),
    ([review("bad", "New", group="g-zh3")], {"expect": "no_leakage"}, {"bad": "the same group as zh3 in dev"}),
    ([review("bad", "New", parent_id="en4")], {"expect": "no_leakage"}, {"bad": "made from en4, which is in test"}),
    ([review("bad", "New", split="dev", parent_id="en1")], {"expect": "no_leakage"}, {"bad": "augmented"}),
    (
        [review("bad", "这部电影非常好看。", "negative")],
        {"expect": "no_conflicting_labels"},
        {"zh1": "bad", "bad": 'the same text in zh1 is labelled "positive"'},
    ),
    ([review("bad", " ")], {"expect": "valid_structure"}, {"bad": "text is empty"}),
    ([review("bad", "很好" * 40)], {"expect": "fits_model", "max_length": 90}, {"bad": "162 tokens, 72 are cut off"}),
    ([review("bad", "Fine", split="test", source=SOURCE)], {"expect": "test_trusted"}, {"bad": "is not trusted"}),
    ([review("bad", "Mail jo@example.org")], {"expect": "no_pii_left"}, {"bad": "an e-mail address"}),
    ([review("bad", "电话13912345678。")], {"expect": "no_pii_left"}, {"bad": "a Chinese mobile number"}),
    ([review("bad", "Tel. 030 / 90 18 20")], {"expect": "no_pii_left"}, {"bad": "a phone number"}),
    (
        [review("bad", "Front desk 733 195 545")],
        {"expect": "no_pii_left", "countries": ["PL"]},
        {"bad": "a phone number"},
    ),
    (
        [review("bad", "`ssh`: postgres://a:Tr0ub4@db/x")],
        {"expect": "no_pii_left"},
        {"bad": "a password in an address"},
    ),
    ([review("bad", "Card 4111 1111 1111 1111")], {"expect": "no_pii_left"}, {"bad": "a payment card number"}),
    ([review("bad", "身份证11010519491231002X")], {"expect": "no_pii_left"}, {"bad": "a Chinese identity number"}),
]


@pytest.mark.parametrize(("added", "entry", "named"), FAILING, ids=lambda value: str(value)[:40])
def test_a_bad_record_is_named_with_the_reason(added, entry, named):
    finding = check([*sound_reviews(), *added], **entry)
    assert not finding.passed
    assert {item["id"] for item in finding.first} == set(named)
    assert finding.unexpected == len(finding.first)
    for item in finding.first:
        assert named[item["id"]] in item["why"]


def test_a_missing_class_has_the_share_zero():
    records = [record for record in sound_reviews() if record.target != "negative"]
    finding = check(records, expect="class_share_between", min=0.1)
    assert not finding.passed
    assert finding.first[0]["why"] == "class negative: 0 of 2 train records (0.000)"
    assert finding.observed == "negative 0.000, positive 1.000"


def test_a_declared_language_that_never_occurs_has_the_share_zero():
    records = [record for record in sound_reviews() if record.lang == "en"]
    finding = check(records, expect="language_share_between", min=0.1)
    assert finding.first[0]["why"] == "language zh: 0 of 4 records of the dataset (0.000)"


@pytest.mark.parametrize(("bounds", "passed"), [({"min": 3}, False), ({"max": 1}, False), ({"min": 2}, True)])
def test_rows_between_counts_a_split(bounds, passed):
    assert check(sound_reviews(), expect="rows_between", split="dev", **bounds).passed is passed


def test_rows_between_fails_on_an_empty_split():
    records = [record for record in sound_reviews() if record.split != "test"]
    assert check(records, expect="rows_between", split="test", min=1).first[0]["why"] == "test has 0 records"


@pytest.mark.parametrize(("share", "passed"), [(0.9, False), (0.8, True)])
def test_a_share_may_break_the_rule(share, passed):
    records = [*sound_reviews(), review("bad", "好")]
    finding = check(records, expect="length_between", column="text", min=5, share=share)
    assert finding.passed is passed
    assert finding.unexpected == 1


def test_leakage_sees_the_benchmark_and_ignores_unlabelled_texts():
    leaked = review("bench", "Better than the book.", split="benchmark")
    unlabelled = review("pool", "A lovely film, from start to end.", None, "unlabelled")
    finding = check([*sound_reviews(), leaked, unlabelled], expect="no_leakage")
    assert [(item["id"], item["why"]) for item in finding.first] == [("en3", "the same text as bench in benchmark")]


def test_trust_takes_people_and_a_crowd_that_is_sure_enough():
    def finding(who, confidence, **entry):
        record = review("t", "Good", split="test", source=SOURCE, labels_by=Decision(who, confidence))
        return check([*sound_reviews(), record], expect="test_trusted", **entry)

    assert finding("human:ann", None).passed
    assert finding("crowd:votes", 0.95, min_confidence=0.9).passed
    assert not finding("crowd:votes", 0.85, min_confidence=0.9).passed
    assert not finding("crowd:votes", 0.95).passed
    assert not finding("model:encoder", 1.0, min_confidence=0.9).passed


@pytest.mark.parametrize(
    "text", ["Call 911!", "Order 4111 1111 1111 1112", "2026-11-21 10:15:00", "版本1.2.3.4", "@you"]
)
def test_harmless_numbers_are_no_personal_data(text):
    assert check([*sound_reviews(), review("n", text)], expect="no_pii_left").passed


def test_findings_never_show_the_personal_data_itself():
    finding = check([review("bad", "Mail jo@example.org")], expect="no_pii_left")
    assert "example.org" not in str(finding)


def test_faulty_conversations_are_named_with_reason_and_evidence():
    assert check(sound_chats(), CHAT, expect="valid_conversations").passed
    bad = chat("bad", [("user", "氖是什么？")], "<think>\n第十号元素")
    finding = check([*sound_chats(), bad], CHAT, expect="valid_conversations")
    assert [item["id"] for item in finding.first] == ["bad"]
    assert "reasoning_left_open: turn 2: <think>" in finding.first[0]["why"]
    assert check([*sound_chats(), bad], CHAT, expect="valid_conversations", allow=["reasoning_left_open"]).passed
    with pytest.raises(PipelineError, match="valid_conversations is not for classification"):
        check(sound_reviews(), expect="valid_conversations")


def test_chat_structure_and_columns():
    bad = chat("bad", [("user", "再见"), ("user", "在吗")], "在。", lang="zh")
    finding = check([*sound_chats(), bad], CHAT, expect="valid_structure")
    assert finding.first == ({"id": "bad", "why": "turns 1 and 2 are both of role user"},)
    assert check(sound_chats(), CHAT, expect="values_present", column="response").passed
    assert check(sound_chats(), CHAT, expect="values_present", column="messages").passed
    assert check(sound_chats(), CHAT, expect="no_leakage").passed


@pytest.mark.parametrize("name", ["class_share_between", "in_declared_labels", "no_conflicting_labels"])
def test_class_expectations_refuse_a_task_without_labels(name):
    with pytest.raises(PipelineError, match=f"{name} needs task.labels, and a chat task declares none"):
        check(sound_chats(), CHAT, expect=name)


def test_multi_label_targets():
    task = SENTIMENT.model_copy(update={"multi_label": True})
    records = [review("a", "Good and bad", ["negative", "positive"]), review("b", "好", ["great"])]
    assert check(records, task, expect="in_declared_labels").first[0]["id"] == "b"
    finding = check(records, task, expect="class_share_between", min=0.5)
    assert finding.passed
    assert finding.observed == "negative 0.500, positive 0.500"


def test_fits_model_counts_with_the_models_own_tokenizer(tmp_path):
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_truncation(3)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    settings = Models(encoder=Model(name=str(tmp_path)))
    records = [review("five", "one two three four five"), review("one", "一")]
    finding = check(records, expect="fits_model", max_length=6, models=settings)
    assert finding.first == ({"id": "five", "why": "7 tokens, 1 are cut off"},)
    assert "(counted)" in finding.title
    assert finding.observed == "longest 7; 10.0000% of all tokens are cut off"


def test_fits_model_needs_a_model():
    with pytest.raises(PipelineError, match=r"needs models\.generator, which is not set"):
        check(sound_chats(), CHAT, expect="fits_model", model="generator", max_length=9)


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("four", 1), ("fives", 2), ("你好", 4), ("a\ud800", 3)])
def test_estimate(text, tokens):
    assert estimate(text) == tokens


def conservation(change):
    looked_at = view(sound_reviews())
    change(looked_at.reports)
    rules = read_suite([{"expect": "conserved_counts"}])
    return make_checks(rules, looked_at)[0].arguments["problems"]


@pytest.mark.parametrize(
    ("stage", "key", "value", "problem"),
    [
        ("clean", "dropped", 1, "clean: 10 in + 0 added, but 8 kept + 1 dropped"),
        ("label", "in", 7, "clean kept 8 records, label took 7"),
        ("augment", "kept", 9, "augment kept 9 records by its report, its table has 8"),
        ("collect", "kept", None, "collect: the report does not say in, added, kept and dropped"),
    ],
)
def test_lost_records_are_found(stage, key, value, problem):
    assert problem in conservation(lambda reports: reports[stage].update({key: value}))


def test_a_step_that_loses_records_is_found():
    def change(reports):
        reports["clean"]["steps"][0]["kept"] = 7

    assert conservation(change) == ["clean.only: 10 in + 0 added, but 7 kept + 2 dropped"]


def test_verdicts_do_not_depend_on_row_order():
    records = [*sound_reviews(), review("bad", "Would watch it again.", "negative")]
    for name in ("no_leakage", "no_conflicting_labels"):
        ahead, behind = check(records, expect=name), check(records[::-1], expect=name)
        assert sorted(map(str, ahead.first)) == sorted(map(str, behind.first))


def test_columns_of_records_can_be_named():
    records = [replace(record, group=None) if record.id == "zh1" else record for record in sound_reviews()]
    finding = check(records, expect="values_present", column="group")
    assert finding.first == ({"id": "zh1", "why": "no value"},)


@pytest.mark.parametrize(("classes", "passes"), [(2, True), (77, True), (3, False)])
def test_class_share_is_relative_to_the_number_of_classes(classes, passes):
    labels = tuple(f"c{n}" for n in range(classes))
    task = Task(type="classification", labels=labels)
    counts = {label: 20 for label in labels} | ({} if passes else {labels[0]: 2})
    records = [review(f"{label}-{n}", "text", label) for label, count in counts.items() for n in range(count)]
    assert check(records, task, expect="class_share_between", min_of_even=0.2).passed is passes
