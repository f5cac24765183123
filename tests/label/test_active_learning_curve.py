"""The simulated curve: labels that need not be given, or the reason why nobody can tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipeline.core.record import Record, Source
from pipeline.label.active_learning_curve import active_learning_curve
from pipeline.label.params import Curve
from pipeline.label.prelabels import Example
from pipeline.modeling.models import Model
from tests.unread import english_only

TFIDF = Model(name="tfidf")
TOPICS = {"rain": "wet cloud storm", "sport": "goal team match", "food": "soup bread salt", "天气": "下雨 多云 大风"}


def topics(rows=400, rare=0.04):
    """Examples of four topics, of which the last is rare."""
    made = []
    for n in range(rows):
        name = "天气" if n % round(1 / rare) == 0 else list(TOPICS)[n % 3]
        words = TOPICS[name].split()
        text = f"{words[n % 3]} {words[n // 3 % 3]} {n * 7919 % 1000}"
        made.append(Example(f"t{n:04}", text, f"g{n:04}", name, name))
    return made


def test_both_orders_are_judged_and_the_labels_that_they_need_are_told():
    found: Any = active_learning_curve(topics(), TFIDF, Curve())
    assert found["applies"]
    assert found["pool"] + found["held_out"] == 400
    assert [set(point) for point in found["points"]] == [{"labels", "random", "ours"}] * 7
    labels = [point["labels"] for point in found["points"]]
    assert labels == sorted(labels)
    for way in ("random", "ours"):
        need = found["labels_needed"][way]
        assert (
            need is None
            or next(p[way] for p in found["points"] if p["labels"] == need) >= found["accuracy_of_all"] - 0.01
        )
    assert found["points"][-1]["ours"] >= found["points"][0]["random"]


def test_it_depends_on_the_records_and_not_on_their_order():
    assert active_learning_curve(topics(), TFIDF, Curve()) == active_learning_curve(topics()[::-1], TFIDF, Curve())


def test_what_cannot_be_simulated_is_left_out_with_the_reason():
    unlabelled = [Example(f"u{n}", "text", f"u{n}") for n in range(500)]
    for examples in (unlabelled, topics(60), [e for e in topics() if e.stratum == "food"]):
        found = active_learning_curve(examples, TFIDF, Curve())
        assert not found["applies"]
        assert "fewer than 100 labelled train records" in found["why"]
    assert (
        active_learning_curve(topics(), TFIDF, Curve(rows=0))["why"]
        == "switched off: label.active_learning_curve.rows is 0"
    )


def test_where_the_encoder_does_not_read_a_language_tf_idf_stands_in_and_says_so(tmp_path, caplog):
    def chinese(example):
        record = Record(example.id, {"text": example.text}, Source("s", "files", "f", 1, "cc0", "train"), None, "zh")
        return replace(example, text=f"{example.text} 今天下雨多云大风", record=record)

    found = active_learning_curve([chinese(e) for e in topics()], english_only(tmp_path / "encoder"), Curve())
    assert (found["applies"], found["read_by"]) == (True, "tfidf")
    assert found["unread"]["zh"] > 0.2
    assert "TF-IDF instead of the encoder" in caplog.text
