"""Annotations stay true: the step that holds them against their texts, and every step that edits a text."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.step import Context
from pipeline.clean.steps.annotations import Annotations, check_annotations, kind_of
from pipeline.clean.steps.conflicting_labels import ConflictingLabels, resolve_conflicts
from pipeline.clean.steps.exact_duplicates import ExactDuplicates, drop_exact_duplicates
from pipeline.clean.steps.near_duplicates import NearDuplicates, drop_near_duplicates
from pipeline.clean.steps.pii import Pii, handle_pii
from pipeline.clean.steps.repair_text import RepairText, Replace, repair_text
from pipeline.clean.steps.splits import Part, Splits, assign_splits
from pipeline.core.record import Record, Vote
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.stage import Outcome
from pipeline.runtime.store import to_records, to_table
from pipeline.tasks import task_type
from tests import chats
from tests.clean.records import make
from tests.strategies import TASKS_BY_TYPE

NER, QA = TASKS_BY_TYPE["ner"], TASKS_BY_TYPE["qa"]
TRANSLATION, REGRESSION = TASKS_BY_TYPE["translation"], TASKS_BY_TYPE["regression"]


def check(task: Task, records: list[Record], **settings: Any) -> tuple[Outcome, Context]:
    context = Context(task)
    return check_annotations(to_table(records, schema(task)), Annotations(**settings), context), context


def qa(context: str, target: Any, key: str = "1", question: str = "who?", **more: Any) -> Record:
    return make("", target, key, fields={"context": context, "question": question}, **more)


def ner(text: str, *spans: tuple[int, int, str], **more: Any) -> Record:
    return make(text, [{"start": a, "end": b, "label": label} for a, b, label in spans], **more)


# ------------------------------------------------------------------ the step


def test_shifted_answer_is_mended_and_the_edit_is_in_the_history() -> None:
    outcome, _ = check(QA, [qa("他住在北京。", [{"start": 0, "text": "北京"}])])
    (kept,) = to_records(outcome.kept)
    assert kept.target == [{"start": 3, "text": "北京"}]
    assert [(c.step, c.field) for c in kept.history] == [("annotations", "target")]
    assert outcome.changed == 1


@pytest.mark.parametrize("role", ["train", "test"])
@pytest.mark.parametrize(
    ("context", "reason"), [("cat and cat", "answer_is_ambiguous"), ("a dog", "answer_not_in_context")]
)
def test_answer_without_a_place_drops_the_record(context: str, reason: str, role: str) -> None:
    outcome, _ = check(QA, [qa(context, [{"start": 1, "text": "cat"}], role=role)])
    assert outcome.dropped["reason"].to_pylist() == [reason]
    assert "'cat' is not at offset 1" in outcome.dropped["detail"][0].as_py()


def test_one_bad_answer_of_several_costs_that_answer() -> None:
    outcome, _ = check(QA, [qa("他住在北京。", [{"start": 3, "text": "北京"}, {"start": 0, "text": "上海"}])])
    (kept,) = to_records(outcome.kept)
    assert kept.target == [{"start": 3, "text": "北京"}]
    assert "上海" in kept.history[-1].before
    assert outcome.notes["answers"] == {"without_a_place": 1}
    assert kept.votes == ()


def test_a_bad_answer_is_booked_where_it_is_judged() -> None:
    record = qa("fish &amp; chips", [{"start": 0, "text": "fish"}, {"start": 3, "text": "soup"}])
    edited = repair_text(to_table([record], schema(QA)), RepairText(), Context(QA))
    (kept,) = to_records(edited.kept)
    assert [answer["text"] for answer in kept.target] == ["fish", "soup"]
    assert next(to_records(check(QA, [kept])[0].kept)).target == [{"start": 0, "text": "fish"}]


def test_repeated_answers_are_kept_as_votes_that_move_with_the_text() -> None:
    answers = [{"start": 9, "text": "Ann"}, {"start": 9, "text": "Ann"}, {"start": 9, "text": "Ann Lee"}]
    outcome, _ = check(QA, [qa("I saw it Ann Lee, a@b.org", answers)])
    (kept,) = to_records(outcome.kept)
    assert [(vote.annotator, vote.value[0]["text"]) for vote in kept.votes] == [
        ("answer 1", "Ann"),
        ("answer 2", "Ann"),
        ("answer 3", "Ann Lee"),
    ]
    assert kept.target == [{"start": 9, "text": "Ann"}, {"start": 9, "text": "Ann Lee"}]
    assert outcome.notes["answers"] == {"kept_as_votes": 3}
    moved = repair_text(
        to_table(
            [
                replace(
                    kept,
                    fields={**kept.fields, "context": "I  saw\u200b it Ann Lee"},
                    target=[],
                    votes=tuple(replace(v, value=[{**v.value[0], "start": 11}]) for v in kept.votes),
                )
            ],
            schema(QA),
        ),
        RepairText(whitespace="collapse"),
        Context(QA),
    )
    (after,) = to_records(moved.kept)
    context = after.fields["context"]
    assert context == "I saw it Ann Lee"
    assert all(context[v.value[0]["start"] :].startswith(v.value[0]["text"]) for v in after.votes)


def test_votes_are_masked_like_the_record() -> None:
    vote = Vote("x", [{"start": 9, "text": "ann@b.org"}])
    record = qa("write to ann@b.org", [{"start": 9, "text": "ann@b.org"}], votes=(vote,))
    (kept,) = to_records(handle_pii(to_table([record], schema(QA)), Pii(), Context(QA)).kept)
    assert "ann@b.org" not in str(kept)
    [vote] = kept.votes
    assert kept.fields["context"][vote.value[0]["start"] :] == vote.value[0]["text"]


@pytest.mark.parametrize(
    ("context", "answer", "found"),
    [
        ("He paid ５０ yuan（about）", "50 yuan", "５０ yuan"),
        ("她住在北京（市）。", "北京(市)", "北京（市）"),
        ("in  New\u00a0 York today", "New York", "New\u00a0 York"),
        ("the U.S. Army won", "US Army", "U.S. Army"),
        ("“好”，他说", '"好"', "“好”"),
    ],
)
def test_an_answer_spelt_a_little_otherwise_is_mended_where_it_occurs_once(
    context: str, answer: str, found: str
) -> None:
    (kept,) = to_records(check(QA, [qa(context, [{"start": 0, "text": answer}])])[0].kept)
    assert kept.target == [{"start": context.index(found), "text": found}]


@pytest.mark.parametrize(
    ("context", "answer"),
    [("it costs 1.5 yuan", "15 yuan"), ("ＡＢ and ＡＢ", "AB"), ("the artist", "art ist s"), ("particular", "art")],
)
def test_what_reads_otherwise_or_twice_is_not_mended(context: str, answer: str) -> None:
    outcome, _ = check(QA, [qa(context, [{"start": 0, "text": answer}])])
    assert outcome.kept.num_rows == (1 if answer in context else 0)


def test_span_edges_are_trimmed_and_repeats_merged() -> None:
    outcome, _ = check(NER, [ner("Ann  left", (0, 4, "person"), (0, 3, "person"))])
    assert next(to_records(outcome.kept)).target == [{"start": 0, "end": 3, "label": "person"}]


def test_unsound_records_are_dropped_and_counted_by_kind() -> None:
    records = [
        ner("Ann Lee left", (0, 7, "person"), (4, 7, "person")),
        ner("在北京工作", (1, 3, "城市")),
        ner("在上海工作", (1, 3, "city")),
        ner("在广州工作", (1, 3, "地点")),
        make("在深圳工作", None),
    ]
    outcome, _ = check(NER, records)
    assert [r.fields["text"] for r in to_records(outcome.kept)] == ["在广州工作", "在深圳工作"]
    assert outcome.dropped["reason"].to_pylist() == ["invalid_structure"] * 3
    assert outcome.dropped["detail"][1].as_py() == "label '城市' is not declared"
    assert outcome.notes["problems"] == {"two spans overlap": 1, "label … is not declared": 2}


def test_unsound_test_record_stays_and_is_reviewed() -> None:
    outcome, context = check(NER, [ner("在北京", (1, 3, "city"), role="test"), ner("在北京", (1, 3, "city"), key="2")])
    (kept,) = to_records(outcome.kept)
    assert kept.source.role == "test"
    assert [(d.record_id, d.reason, d.detail) for d in context.review_items] == [
        (kept.id, "invalid_structure", "label 'city' is not declared")
    ]
    assert outcome.notes["invalid_kept"] == {"test": 1}


def test_review_drops_nothing() -> None:
    outcome, context = check(NER, [ner("在北京", (1, 3, "city"))], invalid="review")
    assert (outcome.kept.num_rows, len(context.review_items)) == (1, 1)


def test_sound_test_label_is_never_changed() -> None:
    record = qa("in Rome, Rome", [{"start": 9, "text": "Rome"}], role="test")
    outcome, _ = check(QA, [record])
    assert list(to_records(outcome.kept)) == [record]


@pytest.mark.parametrize(
    ("task", "record", "kind"),
    [
        (TRANSLATION, make("Good morning", "Good morning!"), "the target is a copy of the text"),
        (TRANSLATION, make("Good morning", "Guten Morgen"), "the target is not written in zh"),
        (
            TASKS_BY_TYPE["chat"],
            make("", chats.reply("x"), fields=chats.fields([("user", " ")])),
            "turn … (user) says nothing",
        ),
        (REGRESSION, make("", 101.5, fields={"text": "x", "text_pair": None}), "… is outside … to …"),
    ],
)
def test_every_task_type_names_its_problems(task: Task, record: Record, kind: str) -> None:
    outcome, _ = check(task, [record])
    assert outcome.notes["problems"][kind] == 1
    assert outcome.kept.num_rows == 0


def test_kind_of_a_problem_leaves_out_what_is_particular() -> None:
    assert kind_of("span [3, 9) is outside the text") == "span … is outside the text"
    assert kind_of("answer 'don't' is not at offset -1 of the context") == "answer … is not at offset … of the context"


# ------------------------------------------------------------------ steps that edit texts

#: What the repairs and masks act on, between words that are entities and answers.
PIECES = st.sampled_from(
    [
        "Ann",
        "北京",
        "😀",
        "e\u0301té",
        "ＡＢＣ１",
        "AT&amp;T",
        "&#39;",
        "don #39;t",
        "<b>tea</b>",
        "<br/>",
        "\u200b",
        "\u3000",
        "  ",
        "\r\n",
        "\n\n\n\n",
        "。",
        "a@b.com",
        "see 13800138000",
        "+1 415-555-0100",
        "CafÃ©",
        "‰Ûª",
    ]
)
SEPARATORS = st.sampled_from(["", " "])
EDITS = {
    "repair_text": lambda t, c: repair_text(t, RepairText(replace=(Replace(pattern="‰Ûª", by="'"),)), c),
    "repair_text, for code": lambda t, c: repair_text(t, RepairText(tags=False, whitespace="trim"), c),
    "pii": lambda t, c: handle_pii(t, Pii(ip="mask"), c),
}


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, list[tuple[int, int]]]:
    """A text of such pieces, and the places of some that hold a letter or digit."""
    text, places = "", []
    for piece in draw(st.lists(PIECES, min_size=1, max_size=10)):
        if any(c.isalnum() for c in piece) and draw(st.booleans()):
            places.append((len(text), len(text) + len(piece)))
        text += piece + draw(SEPARATORS)
    return text, places


def assert_true(record: Record, task: Task) -> None:
    """No offset is outside its text, and no answer elsewhere than it says."""
    found = [p for p in task_type(task).problems(record, task) if "is empty" not in p and "overlap" not in p]
    assert found == []


@pytest.mark.parametrize("edit", sorted(EDITS))
@given(found=marked())
def test_spans_stay_true_under_every_edit(edit: str, found: tuple[str, list[tuple[int, int]]]) -> None:
    text, places = found
    record = ner(text, *((a, b, "person") for a, b in places))
    outcome = EDITS[edit](to_table([record], schema(NER)), Context(NER))
    reasons = outcome.dropped["reason"].to_pylist()
    assert outcome.kept.num_rows or reasons == ["span_lost"]
    for kept in to_records(outcome.kept):
        assert len(kept.target) == len(places)
        assert_true(kept, NER)


@pytest.mark.parametrize("edit", sorted(EDITS))
@given(found=marked(), question=st.lists(PIECES, max_size=3).map("".join))
def test_answers_stay_true_under_every_edit(edit: str, found: tuple[str, list[tuple[int, int]]], question: str) -> None:
    text, places = found
    record = qa(text, [{"start": a, "text": text[a:b]} for a, b in places], question=question)
    outcome = EDITS[edit](to_table([record], schema(QA)), Context(QA))
    assert outcome.kept.num_rows or outcome.dropped["reason"].to_pylist() == ["span_lost"]
    for kept in to_records(outcome.kept):
        assert bool(kept.target) == bool(places)
        assert_true(kept, QA)


def test_masked_entity_is_still_the_span() -> None:
    record = ner("mail a@b.com, Ann", (5, 12, "person"), (14, 17, "person"))
    (kept,) = to_records(handle_pii(to_table([record], schema(NER)), Pii(), Context(NER)).kept)
    surfaces = [kept.fields["text"][s["start"] : s["end"]] for s in kept.target]
    assert surfaces == ["[EMAIL_1]", "Ann"]


def test_repaired_word_is_still_the_answer() -> None:
    text = "<p>他&nbsp;每天都在 ＡＴＴ&nbsp;大楼 里上班。</p>"
    record = qa(text, [{"start": text.index("Ａ"), "text": "ＡＴＴ&nbsp;大楼"}])
    (kept,) = to_records(
        repair_text(to_table([record], schema(QA)), RepairText(tags=True, full_width="letters"), Context(QA)).kept
    )
    assert [a["text"] for a in kept.target] == ["ATT 大楼"]
    assert_true(kept, QA)


# ------------------------------------------------------------------ duplicates and conflicts, per type

CONTEXT = " ".join(f"Sentence {n} tells how harbour town {n * 37} grew rich on herring and salt." for n in range(30))


def resolved(task: Task, records: list[Record]) -> tuple[Outcome, Counter[str]]:
    outcome = resolve_conflicts(to_table(records, schema(task)), ConflictingLabels(), Context(task))
    assert outcome.kept.num_rows + outcome.dropped.num_rows == len(records)
    return outcome, Counter({name: n for name, n in outcome.notes.items() if n})


def test_answers_of_several_people_become_one_record() -> None:
    records = [
        qa("Ann saw Bob Lee", [{"start": 8, "text": "Bob Lee"}], "1"),
        qa("Ann saw Bob Lee", [{"start": 8, "text": "Bob"}], "2"),
    ]
    outcome, notes = resolved(QA, records)
    assert notes == {"texts": 1, "merged": 1}
    kept = drop_exact_duplicates(outcome.kept, ExactDuplicates(), Context(QA)).kept
    (one,) = to_records(kept)
    assert [answer["text"] for answer in one.target] == ["Bob", "Bob Lee"]
    assert_true(one, QA)


def test_answer_against_no_answer_is_a_conflict() -> None:
    outcome, notes = resolved(QA, [qa("Ann left", [{"start": 0, "text": "Ann"}], "1"), qa("Ann left", [], "2")])
    assert outcome.dropped["reason"].to_pylist() == ["conflicting_label"] * 2
    assert notes == {"texts": 1, "unresolved": 1}


def test_answers_of_test_records_are_not_merged() -> None:
    records = [
        qa("Ann saw Bob Lee", [{"start": 8, "text": "Bob Lee"}], "1", role="test"),
        qa("Ann saw Bob Lee", [{"start": 8, "text": "Bob"}], "2"),
    ]
    outcome, _ = resolved(QA, records)
    (kept,) = to_records(outcome.kept)
    assert kept.target == records[0].target


def test_answers_are_not_merged_across_contexts_that_are_spaced_otherwise() -> None:
    records = [
        qa("Ann saw Bob Lee", [{"start": 8, "text": "Bob Lee"}], "1"),
        qa("Ann, saw Bob Lee", [{"start": 9, "text": "Bob"}], "2"),
    ]
    outcome, notes = resolved(QA, records)
    assert notes == {"texts": 1, "unresolved": 1}
    assert outcome.kept.num_rows == 0


@pytest.mark.parametrize(
    ("task", "first", "second"),
    [
        (
            NER,
            ner("Ann saw 北京", (0, 3, "person"), (8, 10, "地点")),
            ner("ann  saw 北京!", (0, 3, "person"), (9, 11, "地点")),
        ),
        (QA, qa("he, Bob", [{"start": 4, "text": "Bob"}], "1"), qa("He Bob.", [{"start": 3, "text": "Bob."}], "2")),
    ],
)
def test_the_same_said_of_a_text_that_is_spaced_otherwise_is_a_duplicate(
    task: Task, first: Record, second: Record
) -> None:
    outcome, notes = resolved(task, [first, second])
    assert notes == {}
    (kept,) = to_records(drop_exact_duplicates(outcome.kept, ExactDuplicates(), Context(task)).kept)
    assert_true(kept, task)


def test_two_translations_of_one_text_both_stay_in_one_split() -> None:
    records = [make("Good morning", "早上好", "1"), make("Good morning", "早安", "2")]
    outcome, notes = resolved(TRANSLATION, records)
    assert notes == {"texts": 1, "all_stand": 1}
    table = drop_exact_duplicates(outcome.kept, ExactDuplicates(), Context(TRANSLATION)).kept
    assert table.num_rows == 2
    split = assign_splits(table, Splits(dev=Part(share=0.4), test=Part(share=0.4)), Context(TRANSLATION)).kept
    assert len(set(split["split"].to_pylist())) == 1


@pytest.mark.parametrize(("scores", "left"), [((60.0, 64.0), [62.0, 62.0]), ((10.0, 90.0), [])])
def test_close_scores_become_their_mean_and_far_ones_conflict(scores: tuple[float, float], left: list[float]) -> None:
    fields = {"text": "Good morning", "text_pair": "早上好"}
    records = [make("", score, str(score), fields=fields) for score in scores]
    outcome, _ = resolved(REGRESSION, records)
    assert [r.target for r in to_records(outcome.kept)] == left


def test_questions_on_one_long_context_are_no_duplicates_but_share_a_split() -> None:
    questions = ["Which fish made the harbour towns rich?", "When did anyone first write about salt?"]
    records = [qa(CONTEXT, [], str(n), question=question) for n, question in enumerate(questions)]
    records.append(qa(CONTEXT, [], "copy", question="Which fish made the harbour towns rich then?"))
    context = Context(QA)
    outcome = drop_near_duplicates(to_table(records, schema(QA)), NearDuplicates(drop=0.8), context)
    assert {r.fields["question"] for r in to_records(outcome.kept)} > {questions[1]}
    assert outcome.dropped.num_rows == 1
    split = assign_splits(outcome.kept, Splits(), context).kept
    assert len(set(split["split"].to_pylist())) == 1
    assert len(set(outcome.kept["group"].to_pylist())) == 1


def test_equal_sources_with_other_translations_are_no_near_duplicates_in_scoring() -> None:
    source = "The committee met on Thursday to discuss the budget for the coming year in great detail."
    translations = ["委员会周四开会讨论预算。", "议员们度假去了，什么也没做。"]
    records = [make("", 50.0, text, fields={"text": source, "text_pair": text}) for text in translations]
    outcome = drop_near_duplicates(to_table(records, schema(REGRESSION)), NearDuplicates(), Context(REGRESSION))
    assert outcome.dropped.num_rows == 0
