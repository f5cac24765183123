"""Missing values: filled by rule, told in the history, else dropped with a reason."""

from dataclasses import replace

import pytest

from pipeline.clean.step import Context
from pipeline.clean.steps.missing import Missing, drop_missing
from pipeline.core.errors import PipelineError
from pipeline.core.record import Decision, Record, Source
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_records, to_table
from tests import chats
from tests.clean.records import make, table


def settings(*rules, **more):
    return Missing.model_validate({"fill": rules, **more})


def test_a_constant_fills_the_label_and_the_history_says_so(context):
    records = [make("没有标签", None), make("labelled", "bad")]
    outcome = drop_missing(table(records), settings({"what": "target", "constant": "so-so"}), context)
    first, second = to_records(outcome.kept)
    assert (first.target, second.target) == ("so-so", "bad")
    assert [(c.step, c.field, c.before, c.after) for c in first.history] == [("missing", "target", "null", '"so-so"')]
    assert first.labels_by == Decision("source:web")
    assert not second.history
    assert outcome.changed == 1
    assert outcome.notes == {"without_label": 0, "filled": {"target": 1}}


def test_the_majority_is_that_of_the_source_and_says_how_sure(context):
    records = [
        *[make(f"a{n}", "bad", name="a") for n in range(3)],
        make("a3", "good", name="a"),
        make("a4", None, name="a"),
        make("b0", "good", name="b"),
        make("b1", None, name="b"),
        make("c0", None, name="c"),
    ]
    outcome = drop_missing(table(records), settings({"what": "target", "majority": "source"}), context)
    kept = {record.fields["text"]: record for record in to_records(outcome.kept)}
    assert (kept["a4"].target, kept["b1"].target, kept["c0"].target) == ("bad", "good", None)
    assert kept["a4"].labels_by == Decision("source:a", 0.75)
    assert outcome.notes["without_label"] == 1


def test_answers_of_test_and_unlabelled_records_are_never_filled(context):
    records = [make("t", None, role="test"), make("u", None, role="unlabelled"), make("r", None, role="train")]
    outcome = drop_missing(table(records), settings({"what": "target", "constant": "good"}, target="drop"), context)
    assert [record.target for record in to_records(outcome.kept)] == [None, "good"]
    assert outcome.dropped["reason"].to_pylist() == ["missing_label"]


QA = Task(type="qa", languages=("en",))
SOURCE = Source("some", "files", "some.csv", 1, "train", "train")


def test_a_text_is_filled_from_another_column_else_by_a_constant():
    records = [
        Record("a", {"question": "Who came?", "context": " "}, SOURCE, []),
        Record("b", {"question": "", "context": ""}, SOURCE, []),
    ]
    rules = settings({"what": "context", "column": "question"}, {"what": "context", "constant": "(none)"})
    outcome = drop_missing(to_table(records, schema(QA)), rules, Context(QA))
    contexts = [record.fields["context"] for record in to_records(outcome.kept)]
    assert contexts == ["Who came?", "(none)"]
    assert outcome.kept.num_rows + outcome.dropped.num_rows == 2
    assert outcome.notes["filled"] == {"context": 2}


def test_a_reply_is_filled_as_a_message():
    task = Task(type="chat", languages=("en",))
    record = Record("a", chats.fields([("user", "Hi")]), SOURCE, None)
    outcome = drop_missing(
        to_table([record], schema(task)), settings({"what": "target", "constant": "Hello."}), Context(task)
    )
    (kept,) = to_records(outcome.kept)
    assert kept.target == chats.reply("Hello.")


def test_a_value_of_another_column_that_is_no_label_drops_with_the_reason(context):
    outcome = drop_missing(
        table([make("good", None), make("great", None)]), settings({"what": "target", "column": "text"}), context
    )
    assert [record.target for record in to_records(outcome.kept)] == ["good"]
    assert outcome.dropped["reason"].to_pylist() == ["unknown_label"]


def test_an_empty_table(context):
    outcome = drop_missing(table([]), settings({"what": "target", "majority": "source"}), context)
    assert outcome.kept.num_rows == outcome.dropped.num_rows == outcome.changed == 0


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"what": "title", "constant": "x"}, "fill.0: 'title' is no text field"),
        ({"what": "text", "column": "target"}, "fill.0: 'target' is no text field"),
        ({"what": "target", "constant": "splendid"}, "fill.0.constant"),
    ],
)
def test_a_rule_that_cannot_work_stops_the_run(context, rule, message):
    with pytest.raises(PipelineError, match=message):
        drop_missing(table([make("x")]), settings(rule), context)


@pytest.mark.parametrize("ways", [{}, {"constant": "x", "majority": "source"}])
def test_a_rule_has_one_way(ways):
    with pytest.raises(ValueError, match="set one of constant, column and majority"):
        settings({"what": "target", **ways})


def test_a_text_and_a_label_are_filled_from_columns_that_meta_names(context):
    records = [
        replace(make("", "bad"), meta={"title": "标题在此", "stars": "good"}),
        replace(make("a text", None), meta={"stars": "good"}),
        replace(make("其它", None), meta={"title": "x"}),
    ]
    rules = ({"what": "text", "column": "meta.title"}, {"what": "target", "column": "meta.stars"})
    outcome = drop_missing(table(records), settings(*rules), context)
    assert [(r.fields["text"], r.target) for r in to_records(outcome.kept)] == [
        ("标题在此", "bad"),
        ("a text", "good"),
        ("其它", None),
    ]
    assert outcome.notes["filled"] == {"text": 1, "target": 1}


def test_a_meta_that_no_record_has_is_told(context):
    rule = {"what": "text", "column": "meta.titel"}
    with pytest.raises(PipelineError, match=r"no record has 'meta\.titel'") as error:
        drop_missing(table([replace(make("", "bad"), meta={"title": "t"})]), settings(rule), context)
    assert "meta.title" in error.value.hint
    assert drop_missing(table([]), settings(rule), context).kept.num_rows == 0


def test_a_label_from_a_column_that_is_none_is_dropped_with_its_reason(context):
    records = [replace(make("a text", None), meta={"stars": "five"})]
    outcome = drop_missing(table(records), settings({"what": "target", "column": "meta.stars"}), context)
    assert outcome.dropped["reason"].to_pylist() == ["unknown_label"]
