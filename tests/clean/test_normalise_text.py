import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.step import Context
from pipeline.clean.steps.normalise_text import NormaliseText, edits_of, normalise_text
from pipeline.core.record import Change, as_json
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_records, to_table
from tests.clean.records import make, table, texts
from tests.strategies import TASKS_BY_TYPE, TEXTS, records

ALL = NormaliseText(chinese="simplified", urls=True, handles=True, numbers=True)


def apply(text: str, settings: NormaliseText = ALL) -> str:
    for edit in edits_of(settings).values():
        text = edit(text)
    return text


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("see https://a.io/x?y=1, or www.b.org/z.", "see [URL], or [URL]."),
        ("见https://例子.cn/页面吧", "见https://例子.cn/页面吧"),  # an address of Chinese letters has no clear end
        ("见http://a.cn/1吧", "见[URL]吧"),
        ("(http://a.io/b)", "([URL])"),
        ("thanks @ann_1 and @张三 but not a@b.com", "thanks [HANDLE] and [HANDLE] but not a@b.com"),
        ("paid 1,234.50 for 3 of 10, -5 and 20% at 10:30", "paid [NUMBER] for [NUMBER] of [NUMBER], [NUMBER] and "
         "[NUMBER] at [NUMBER]"),
        ("共3件，C4和B2B，第2名", "共[NUMBER]件，C4和B2B，第[NUMBER]名"),
        ("write to [EMAIL_1]", "write to [EMAIL_1]"),
        ("這是繁體字，頭髮乾淨，發展", "这是繁体字，头发干净，发展"),
    ],
)  # fmt: skip
def test_texts_are_normalised(text, after):
    assert apply(text) == after


def test_simplified_becomes_traditional_by_phrase():
    assert apply("头发和发展，皇后与后来", NormaliseText(chinese="traditional")) == "頭髮和發展，皇后與後來"


def test_nothing_is_done_by_default_and_every_edit_is_recorded(context):
    record = make("發貨 3 天", "good")
    assert normalise_text(table([record]), NormaliseText(), context).changed == 0
    outcome = normalise_text(table([record]), ALL, context)
    assert texts(outcome.kept) == ["发货 [NUMBER] 天"]
    (kept,) = to_records(outcome.kept)
    before, after = as_json("發貨 3 天"), as_json("发货 [NUMBER] 天")
    assert kept.history == (Change("normalise_text", "fields.text", before, after),)
    assert outcome.notes["texts_by_edit"] == {"numbers": 1, "chinese": 1}


@pytest.mark.parametrize("kind", sorted(TASKS_BY_TYPE))
@given(data=st.data())
def test_normalising_twice_is_normalising_once_and_annotations_stay_true(kind, data):
    task = TASKS_BY_TYPE[kind]
    context = Context(task)
    first = normalise_text(to_table([data.draw(records(kind))], schema(task)), ALL, context)
    again = normalise_text(first.kept, ALL, context)
    assert again.changed == 0
    assert first.kept.num_rows + first.dropped.num_rows == 1


@given(TEXTS | st.text(max_size=40))
def test_any_text_is_normalised_once_and_for_all(text):
    assert apply(apply(text)) == apply(text)
