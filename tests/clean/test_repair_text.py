import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean.step import Context
from pipeline.clean.steps.repair_text import RepairText, Replace, repair_text, repairer
from pipeline.core.errors import PipelineError
from pipeline.core.record import as_json
from pipeline.core.settings import Task, parse
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_records, to_table
from tests import chats
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
        ("ＡＢＣ１２３，好！", "ＡＢＣ１２３，好！"),
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
    assert repair("if x:\n    y = '<b>'  \n\n\n\nz\n") == "if x:\n    y = '<b>'  \n\nz"


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
    record = make("x", chats.reply("Hi, this is Tom &amp; Ann."), fields=chats.fields([("user", "你好\u200b")]))
    outcome = repair_text(to_table([record], schema(task)), RepairText(), Context(task))
    (kept,) = to_records(outcome.kept)
    assert kept.fields["messages"][0]["content"] == "你好"
    assert kept.target == chats.reply("Hi, this is Tom & Ann.")


def test_own_patterns_come_first():
    assert repairer(RepairText(replace=(Replace(pattern="‰Ûª", by="'"),)))("I‰Ûªm") == "I'm"


def test_bad_pattern_names_its_key():
    with pytest.raises(PipelineError, match=r"replace\.0\.pattern: not a regular expression"):
        parse({"replace": [{"pattern": "("}]}, RepairText, "params.yaml: clean.repair_text")


CHAT = Task(type="chat", languages=("en", "zh"))


def repaired_reply(question, reply, settings=None):
    """The reply after repair, and the notes."""
    record = make("x", chats.reply(reply), fields=chats.fields([("user", question)]))
    outcome = repair_text(to_table([record], schema(CHAT)), settings or RepairText(), Context(CHAT))
    (kept,) = to_records(outcome.kept)
    return kept.target["content"], outcome.notes["texts_by_repair"]


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("How do I write it?", "Put `&lt;b&gt;` and `Ã©` there."),
        ("Show me the note.", "```xml\n<to>Tom &amp; Ann</to>\n\n\n\n<x/>  \n```"),
        ("怎么写一个段落？", "用 <p>Tom &amp; Ann</p> 就行。"),
        ("Which entity is a space in HTML?", "&nbsp; and &lt; for less than"),
        ("What does é become when UTF-8 is read as Latin-1?", "Ã© it becomes"),
        ("什么是全角 A？", "是 Ａ（U+FF21），零宽空格是 ​。"),
        ("A table, please.", "| a   | b |\n|-----|---|\n| &lt; | Ａ |"),
        ("名单", "姓名\t分数\n小明\t８０\n小红\t90"),
        ("Escape it in Python.", "import html\nx = html.replace('<', '&lt;')\nprint(x)"),
        ("SQL?", "SELECT a\nFROM t\nWHERE b = '&amp;';"),
        ("Which line?", "x = s.replace('&amp;nbsp;', ' ')"),
        ("哪一行？", "把下面这行加进去：\ntitle = title.replace('&quot;', '\"')\n然后保存。"),
        ("How do I look?", "$ grep -r '&lt;a' src  | sed 's/&amp;/x/g'"),
        ("A pattern?", "Take ^(?:&lt;|&gt;)+$ for that."),
        ("The sum?", "It is $a &amp; b_1 \\\\ c$ then."),
        ("Where is it?", "In C:\\Users\\Tom &amp; Ann\\a.txt, or /srv/Tom&amp;Ann/x"),
        ("What changed?", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-Tom &amp; Ann\n+Tom & Ann   \n \xa0x"),
        ("Where do I push?", "To git@git.example.org:team/app.git"),
        ("Bold?", "Write &lt;b&gt;so&lt;/b&gt;."),
        ("数字", "全角数字１２３"),
        ("Which address?", "curl -s https://a.example/?p=2&copy=1&amp;q=3"),
        ("How do I write it in HTML?", "https://a.example/?p=2&amp;q=3"),
        ("What is in it?", "[owner &amp; co]"),
        ("The log?", "segfault at 0 ip 00 sp &lt;00&gt;"),
    ],
)
def test_code_markup_and_tables_of_a_chat_stay(question, reply):
    assert repaired_reply(question, reply)[0] == reply
    assert repaired_reply(question, reply, RepairText(tags=False, whitespace="trim"))[0] == reply


@pytest.mark.parametrize(
    ("reply", "repaired"),
    [
        ("Itâ€™s `Ã©` for Tom &amp; Ann.", "It’s `Ã©` for Tom & Ann."),
        ("ÄãºÃ£¬ÊÀ½ç\n```\n  ÄãºÃ\n```", "你好，世界\n```\n  ÄãºÃ\n```"),
        ("Run it &amp; wait:\nx = f('&lt;')\nItâ€™s done.", "Run it & wait:\nx = f('&lt;')\nIt’s done."),
        ("https://a.example/?p=2&copy=1&amp;q=3&lt=5", "https://a.example/?p=2&copy=1&q=3&lt=5"),
        ("请看 https://a.example/?p=2&amp;q=三，上面都有的。", "请看 https://a.example/?p=2&q=三，上面都有的。"),
        ("| cafÃ© |\n|---|\n| x |", "| café |\n|---|\n| x |"),
    ],
)
def test_prose_around_code_is_repaired(reply, repaired):
    assert repaired_reply("Hello?", reply)[0] == repaired


def test_what_was_left_alone_is_counted():
    assert repaired_reply("Which HTML entity?", "It is &lt; or `&gt;`.")[1] == {"left_alone": 1}
    assert repaired_reply("Hello?", "Use `&gt;` here &amp; there")[1] == {"left_alone": 1, "entities": 1}


def test_a_classified_text_that_holds_code_keeps_its_markup(context):
    text = "Why does `<br>` show as <br> in &lt;pre&gt;?"
    assert texts(repair_text(table([make(text)]), RepairText(), context).kept) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "My code fails: x = s.replace('&amp;', '&')",
        "报错的代码：s = s.replace('&lt;', '<')",
        ">>> html.unescape('&lt;p&gt;')",
        "See `x`. Then a &amp;&amp; b || c",
    ],
)
def test_a_classified_text_that_says_it_holds_code_keeps_a_single_line(context, text):
    assert texts(repair_text(table([make(text)]), RepairText(), context).kept) == [text]


def test_a_line_like_code_in_scraped_prose_is_repaired(context):
    kept = repair_text(table([make("Price = 'low' &amp; fine")]), RepairText(), context).kept
    assert texts(kept) == ["Price = 'low' & fine"]


def test_ftfy_sees_the_text_before_control_characters_go():
    damaged = "“schön” – naïve".encode().decode("latin-1")  # holds U+0080 and U+009C
    assert REPAIR(damaged) == "“schön” – naïve"


def test_full_width_letters_fold_only_by_setting():
    assert REPAIR("ＡＢＣ１２３") == "ＡＢＣ１２３"
    assert repairer(RepairText(full_width="letters"))("ＡＢＣ１２３，好！") == "ABC123，好！"


def test_an_own_pattern_may_not_take_a_region_away():
    repair = repairer(RepairText(replace=(Replace(pattern="[^a-z ]", by=""),)))
    assert repair("a1 `B2` c3") == "a `B2` c"
