from dataclasses import replace

import pytest

from pipeline.augment.candidates import Candidate
from pipeline.augment.gate import checks
from pipeline.augment.params import GateSettings
from pipeline.augment.policy import MethodSettings, parents
from pipeline.augment.text_features import TextFeatures
from pipeline.core.record import Record, Source, content_id
from pipeline.core.settings import Task
from pipeline.modeling.lm.scores import Loss
from pipeline.modeling.models import Model
from tests import chats
from tests.augment.conftest import CHAT, TASK, chat, record, reviews

TFIDF = Model(name="tfidf")


def candidate(parent, text):
    return Candidate("m", parent, parent.child("augment.m", {"text": text}, parent.target), text)


@pytest.mark.parametrize(
    ("parent", "text", "reason"),
    [
        ("I like it", "  ", "empty"),
        ("I like it", "i  like it", "unchanged"),
        ("我喜欢", "我喜欢", "unchanged"),
        ("It is not bad", "It is quite bad", "structure_lost"),
        ("味道不好", "味道很好", "structure_lost"),
    ],
)
def test_text_problems(parent, text, reason):
    child = candidate(record(parent), text)
    assert checks.check_texts([child], TASK)[child.child.id].reason == reason


def test_chat_code_must_survive():
    parent = chat("What does `x += 1` do in my loop?", "It adds one.")
    fields = chats.fields([("user", "What does x do in my loop?")])
    child = Candidate("m", parent, parent.child("augment.m", fields, parent.target), "What does x do in my loop?")
    assert "`x += 1`" in checks.check_texts([child], CHAT)[child.child.id].detail


@pytest.mark.parametrize(
    ("parent", "copy"),
    [("my new card is late", "When will the card arrive?"), ("我的卡在哪里呢", "卡什么时候能寄到？")],
)
def test_copy_of_a_test_record_is_a_near_duplicate(parent, copy):
    own, other = record(parent), record(copy, split="test")
    child = candidate(own, copy + "!")
    drop = checks.check_near_duplicates([child], [own, other], TASK, 0.8)[child.child.id]
    assert (drop.reason, drop.other_id) == ("near_duplicate", other.id)
    assert "test record" in drop.detail


def test_second_of_two_like_children_is_a_near_duplicate():
    own, other = record("a long sentence about cards"), record("something else entirely")
    first, second = candidate(own, "the card was stolen in town"), candidate(other, "The card was stolen in town!")
    assert list(checks.check_near_duplicates([first, second], [own, other], TASK, 0.8)) == [second.child.id]


def test_meaning_band():
    own = record("lovely food in the harbour")
    far, near, good = (
        candidate(own, text)
        for text in ("zzz qqq www", "lovely food in the harbour ", "lovely food here in the old harbour")
    )
    texts = ["lovely food in the harbour", *(c.text for c in (far, near, good))]
    features = TextFeatures([*texts, "zzz qqq www more"], TFIDF)
    found = checks.check_meaning([far, near, good], features, GateSettings(max_cosine_tfidf=0.995), TASK)
    assert {name: drop.reason for name, drop in found.items()} == {
        far.child.id: "meaning_changed", near.child.id: "too_similar",
    }  # fmt: skip


def test_label_is_judged_by_a_model_that_never_saw_the_parent():
    records = reviews()
    able = parents(records)
    own = next(r for r in able if r.target == "pos")
    wrong, right = (
        candidate(own, "horrible food and a rude waiter, terrible noise"),
        candidate(own, "wonderful lovely food"),
    )
    features = TextFeatures([r.fields["text"] for r in records] + [wrong.text, right.text], TFIDF)
    found = checks.check_labels([wrong, right], able, features, GateSettings(), TASK)
    assert {name: drop.reason for name, drop in found.items()} == {wrong.child.id: "label_changed"}
    assert "'neg'" in found[wrong.child.id].detail


def test_groups_never_straddle_folds():
    twins = [record("one", group="g"), record("two", group="g")]
    assert len({checks.fold(r, 5) for r in twins}) == 1


def test_no_candidate_left_is_no_verdict():
    records = reviews()
    for features in (TextFeatures([], TFIDF), TextFeatures(["of another question"], TFIDF)):
        assert checks.check_meaning([], features, GateSettings(), TASK) == {}
        assert checks.check_labels([], parents(records), features, GateSettings(), TASK) == {}


def question(text, context, split="train"):
    source = Source("made", "file", "made.json", 1, "CC0", "train")
    answers = [{"start": 0, "text": context.split()[0]}]
    fields = {"context": context, "question": text}
    return Record(content_id(text), fields, source, answers, "en", split, content_id(context))


def test_sibling_questions_on_one_context_do_not_make_a_child_old():
    qa = Task(type="qa", languages=("en",))
    context = "Ada wrote the first programs. " + " ".join(f"Page {n * 7919} tells of {n * 104_729}." for n in range(60))
    own, sibling = question("Who wrote the first program?", context), question("What was never built?", context, "test")
    new, copy = "Which person made the earliest software?", "what was never built"
    children = [
        Candidate("m", own, own.child("augment.m", {"context": context, "question": text}, own.target), text)
        for text in (new, copy)
    ]
    found = checks.check_near_duplicates(children, [own, sibling], qa, 0.8)
    assert {name: drop.other_id for name, drop in found.items()} == {children[1].child.id: sibling.id}


def test_children_of_misjudged_parents_go_only_where_the_label_fades():
    records = reviews()
    able = parents(records)
    # Labelled pos, but everything about it says neg: the model misjudges parent and child alike.
    odd = record("horrible food and terrible noise in a sad hotel", "pos")
    same, worse = (
        candidate(odd, "in a sad hotel horrible food and terrible noise"),
        candidate(odd, "horrible rude terrible boring sad noise we hated the horrible food and the rude waiter"),
    )
    texts = [r.fields["text"] for r in [*records, odd]] + [same.text, worse.text]
    features = TextFeatures(texts, TFIDF)
    strict = GateSettings(max_label_probability_drop=0.01)
    found = checks.check_labels([same, worse], [*able, odd], features, strict, TASK)
    assert set(found) == {worse.child.id}
    assert "of the source example" in found[worse.child.id].detail


def test_method_bands_go_before_the_gates_and_new_texts_have_no_lower_end():
    own = record("lovely food in the harbour")
    far = candidate(own, "zzz qqq www")
    new = Candidate("m", own, far.child, far.text, is_new=True)
    features = TextFeatures([own.fields["text"], far.text, far.text + " b"], TFIDF)
    assert checks.check_meaning([far], features, GateSettings(), TASK)
    assert checks.check_meaning([new], features, GateSettings(), TASK) == {}
    wide = {"m": MethodSettings(min_cosine=-1)}
    assert checks.check_meaning([far], features, GateSettings(), TASK, wide) == {}
    narrow = {"m": MethodSettings(min_cosine=0.3)}
    assert checks.check_meaning([new], features, GateSettings(), TASK, narrow)


@pytest.mark.parametrize("problem", ["echo", "endless", "too_long", "empty"])
def test_the_methods_own_doubts_are_reasons(problem):
    own = record("lovely food in the harbour")
    child = replace(candidate(own, "some other text"), problem=problem, detail="why")
    assert checks.check_texts([child], TASK)[child.child.id].reason == problem


def test_fluency_is_perplexity_against_the_parents(monkeypatch):
    own = record("lovely food in the harbour")
    good, bad = candidate(own, "tasty food in the harbour"), candidate(own, "harbour the tasty in")
    nats = {own.fields["text"]: 10.0, good.text: 12.0, bad.text: 16.0}
    monkeypatch.setattr(checks, "losses", lambda model, items: [Loss(nats[text], 5) for _, text in items])
    found = checks.check_fluency([good, bad], Model(name="m"), GateSettings(max_perplexity_ratio=2.0), TASK)
    assert {name: drop.reason for name, drop in found.items()} == {bad.child.id: "not_fluent"}
    assert "3.32 times" in found[bad.child.id].detail
    assert checks.check_fluency([bad], Model(name="m"), GateSettings(max_perplexity_ratio=None), TASK) == {}
    new = replace(bad, is_new=True)  # its parent is another text
    assert checks.check_fluency([new], Model(name="m"), GateSettings(max_perplexity_ratio=2.0), TASK) == {}


def test_new_texts_owe_nothing_to_their_parents_words():
    own = record("It is not <EMAIL> 20")
    assert checks.check_texts([replace(candidate(own, "praise"), is_new=True)], TASK) == {}


def test_what_cannot_carry_the_annotations_is_told_before_what_is_empty_or_unchanged():
    own = record("It is late")
    child = replace(candidate(own, "It is late"), broken="a span is gone")
    drop = checks.check_texts([child], TASK)[child.child.id]
    assert (drop.reason, drop.detail) == ("structure_lost", "a span is gone")
