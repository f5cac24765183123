import pytest

from pipeline.clean.step import Context
from pipeline.clean.steps.conflicting_labels import ConflictingLabels, resolve_conflicts
from pipeline.core.record import Vote
from tests.clean.records import TASK, make, table


def conflicts(records, context=None):
    return resolve_conflicts(table(records), ConflictingLabels(), context or Context(TASK))


@pytest.mark.parametrize(
    ("winner", "loser", "decided"),
    [
        ({"trusted": True}, {"sure": 1.0}, "by_trust"),
        ({"role": "test"}, {"trusted": True}, "by_test"),
        ({"votes": tuple(Vote(f"w{n}", "good") for n in range(4))}, {"votes": (Vote("w9", "bad"),)}, "by_votes"),
        ({"sure": 0.9}, {"sure": 0.3}, "by_confidence"),
    ],
)
def test_conflicts_are_decided_by_evidence(winner, loser, decided):
    records = [make("同样的文本", "bad", "1", **dict(loser)), make("同样的文本", "good", "2", **dict(winner))]
    outcome = conflicts(records)
    assert outcome.kept["target"].to_pylist() == ["good"]
    assert outcome.dropped["other_id"].to_pylist() == [records[1].id]
    assert outcome.notes[decided] == 1


def test_undecided_conflicts_go_to_review_all_of_them():
    context = Context(TASK)
    outcome = conflicts([make("t", "good", "1"), make("T!", "bad", "2"), make("t", None, "3")], context)
    assert outcome.kept["target"].to_pylist() == [None]
    assert outcome.dropped["reason"].to_pylist() == ["conflicting_label"] * 2
    assert {d.given for d in context.review_items} == {'"good"', '"bad"'}


def test_conflict_inside_test_is_reviewed_never_dropped():
    context = Context(TASK)
    records = [make("t", "good", "1", role="test"), make("t", "bad", "2", role="test"), make("t", "bad", "3")]
    outcome = conflicts(records, context)
    assert set(outcome.kept["id"].to_pylist()) == {records[0].id, records[1].id}
    assert len(context.review_items) == 2
