import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean.step import Context
from pipeline.clean.steps.repair_text import RepairText, Replace, repair_text, repairer
from pipeline.core.errors import PipelineError
from pipeline.core.record import as_json
from pipeline.core.settings import Task, parse
from pipeline.runtime.store import schema, to_records, to_table
from tests.clean.records import make, table, texts

REPAIR = repairer(RepairText())


@pytest.mark.parametrize(
    ("damaged", "repaired"),
    [
        ("schÃ¶n, donâ€™t", "schön, don’t"),
        ("don&#39;t &amp;amp; won&amp;#39;t", "don't & won't"),
        ("Oracle #39;s the #39;90s", "Oracle's the '90s"),
        ("Tom &amp Jerry", "Tom & Jerry"),
        ("see ?a=1&copy=2 and AT&T", "see ?a=1&copy=2 and AT&T"),
        ("issue #390 and #42; stay", "issue #390 and #42; stay"),
        ("<b>very</b> good<br/>yes", "very good yes"),
        ("&lt;br&gt;new", "new"),
        ("a < b and c > d, <3", "a < b and c > d, <3"),
        ("x\u200by\x07 z\ufeff", "xy z"),
        ("cafe\u0301", "café"),
        (" a \t b\u00a0c \r\n d ", "a b c\nd"),
        ("味道很好\u3000\u3000不错！\u200b", "味道很好 不错！"),
        ("ＡＢＣ１２３，好！", "ABC123，好！"),
        ("“很好”……不客气。", "“很好”……不客气。"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467 ok", "\U0001f468\u200d\U0001f469\u200d\U0001f467 ok"),
        ("lone \ud83d surrogate", "lone � surrogate"),
        ("", ""),
    ],
)
def test_repair_mends_damage_and_leaves_the_rest(damaged, repaired):
    assert REPAIR(damaged) == repaired


PIECES = [
    "&amp;",
    "&lt;br&gt;",
    " #39;s",
    "Ã¶",
    "â€™",
    "<b>",
    "</p>",
    "\u200d",
    "\u200b",
    "  ",
    "\n",
    "好",
    "，",
    "😀",
    "&#38;#39;",
    "#",
    "39;",
]


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=12).map("".join)))
@settings(max_examples=400, deadline=None)
def test_repairing_twice_changes_nothing_more(text):
    once = REPAIR(text)
    assert REPAIR(once) == once


@given(st.text("abcXYZ019 .,!?好不，。", max_size=60))
@settings(deadline=None)
def test_fast_path_and_full_path_agree(text):
    always = repairer(RepairText(replace=(Replace(pattern="(?=)", by=""),)))  # matches everywhere: no fast path
    assert REPAIR(text) == always(text)


def test_trim_keeps_indentation_of_code():
    repair = repairer(RepairText(whitespace="trim", tags=False))
    assert repair("if x:\n    y = '<b>'  \n\n\n\nz\n") == "if x:\n    y = '<b>'\n\nz"


def test_edits_are_in_history_and_kinds_are_counted(context):
    records = [make("fine"), make("don&#39;t"), make("\u200b")]
    outcome = repair_text(table(records), RepairText(), context)
    kept = list(to_records(outcome.kept))
    assert texts(outcome.kept) == ["fine", "don't", ""]
    assert [(c.step, c.field, c.before, c.after) for c in kept[1].history] == [
        ("repair_text", "fields.text", as_json("don&#39;t"), as_json("don't"))
    ]
    assert kept[0].history == ()
    assert outcome.changed == 2
    assert outcome.notes["texts_by_repair"] == {"entities": 1, "control_characters": 1, "left_empty": 1}


def test_every_turn_of_a_chat_is_repaired():
    task = Task(type="chat", languages=("en", "zh"))
    turns = [{"role": "user", "content": "你好\u200b"}]
    record = make("x", "hi &amp; welcome", fields={"messages": turns})
    outcome = repair_text(to_table([record], schema(task)), RepairText(), Context(task))
    (kept,) = to_records(outcome.kept)
    assert kept.fields["messages"][0]["content"] == "你好"
    assert kept.target == "hi & welcome"


def test_own_patterns_come_first():
    assert repairer(RepairText(replace=(Replace(pattern="‰Ûª", by="'"),)))("I‰Ûªm") == "I'm"


def test_bad_pattern_names_its_key():
    with pytest.raises(PipelineError, match=r"replace\.0\.pattern: not a regular expression"):
        parse({"replace": [{"pattern": "("}]}, RepairText, "params.yaml: clean.repair_text")
