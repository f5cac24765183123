"""Pre-labels: calibrated, proven out of sample before they count, silent where they do not apply."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.label.params import Prelabel
from pipeline.label.prelabel import WHY_UNREAD, prelabel
from pipeline.label.prelabels import Example
from pipeline.modeling.models import Models
from tests.unread import english_only

TASK = Task(type="classification", labels=("negative", "positive"), languages=("en", "zh"))


GOOD = ["great movie", "wonderful day", "很好看", "非常喜欢"]


BAD = ["awful movie", "terrible day", "很难看", "非常讨厌"]


def examples(rows=120):
    """Train examples that a linear model can tell apart, English and Chinese."""
    made = []
    for n in range(rows):
        words, label = ((GOOD, "positive"), (BAD, "negative"))[n % 2]
        made.append(Example(f"t{n:03}", f"{words[n // 2 % 4]} {n}", f"g{n:03}", label, label))
    return made


def ask(*texts):
    return [Example(f"u{n}", text, f"u{n}") for n, text in enumerate(texts)]


def test_plain_cases_are_answered_and_accepted():
    found = prelabel(examples(), ask("great wonderful 很好看 1", "awful 很难看 2"), Models(), Prelabel(), TASK)
    assert [found.answers[name].value for name in ("u0", "u1")] == ["positive", "negative"]
    assert found.report["applies"]
    assert found.report["accepted_accuracy"] >= 0.95
    assert found.confidence_threshold == found.report["confidence_threshold"]
    assert all(0.5 <= answer.confidence <= 1 for answer in found.answers.values())


def test_noise_is_never_accepted():
    rng = np.random.default_rng(0)
    noise = [
        Example(f"t{n}", f"text {n}", f"g{n}", label, label) for n, label in enumerate(rng.choice(["a", "b"], 200))
    ]
    found = prelabel(noise, ask("text 7", "好"), Models(), Prelabel(), TASK)
    assert found.confidence_threshold is None
    assert set(found.answers) == {"u0", "u1"}


def test_classes_too_rare_to_learn_count_as_errors():
    rare = [Example(f"r{n}", f"great movie {n}", f"r{n}", f"class {n}", f"class {n}") for n in range(60)]
    without = prelabel(examples(), ask("great movie 1"), Models(), Prelabel(), TASK)
    found = prelabel([*examples(), *rare], ask("great movie 1"), Models(), Prelabel(), TASK)
    assert len(found.report["classes_too_rare"]) == 60
    assert found.report["accuracy"] < without.report["accuracy"]
    assert found.answers["u0"].value == "positive"
    assert (without.confidence_threshold is None, found.confidence_threshold is None) == (False, True)


def test_a_fixed_threshold_is_used_as_given():
    found = prelabel(examples(), ask("great"), Models(), Prelabel(confidence_threshold=0.8), TASK)
    assert found.confidence_threshold == 0.8


def test_a_doubtful_train_record_is_answered_by_a_model_that_did_not_see_it():
    learn = examples()
    wrong = Example("t000", learn[0].text, "g000", "negative", "negative")
    found = prelabel([wrong, *learn[1:]], [Example("t000", wrong.text, "g000")], Models(), Prelabel(), TASK)
    assert found.answers["t000"].value == "positive"


def test_lists_of_labels_come_back_as_they_were():
    learn = [Example(e.id, e.text, e.group, e.stratum, [e.target]) for e in examples()]
    assert prelabel(learn, ask("wonderful 很好看"), Models(), Prelabel(), TASK).answers["u0"].value == ["positive"]


@pytest.mark.parametrize(
    ("learn", "asked", "params", "why"),
    [
        (examples(), ask("a"), Prelabel(method=None), "switched off"),
        (examples(), [], Prelabel(), "no record needs one"),
        ([Example("c", "你好", "c", None, "你好！")], ask("a"), Prelabel(), "no classes to predict"),
        ([], ask("a"), Prelabel(), "no train record is labelled"),
        (examples(6), ask("a"), Prelabel(), "fewer than two classes have 5 independent"),
    ],
)
def test_report_says_why_there_are_no_prelabels(learn, asked, params, why):
    found = prelabel(learn, asked, Models(), params, TASK)
    assert (found.answers, found.confidence_threshold, found.report["applies"]) == ({}, None, False)
    assert why in found.report["why"]


def test_rare_classes_are_left_out_and_named():
    rare = [Example(f"r{n}", f"rare {n}", "one group", "rare", "rare") for n in range(9)]
    found = prelabel([*examples(), *rare], ask("rare 3"), Models(), Prelabel(), TASK)
    assert found.report["classes_too_rare"] == ["rare"]
    assert found.answers["u0"].value != "rare"


def test_sample_is_stable_and_limited():
    params = Prelabel(train_rows=100)
    first = prelabel(examples(400), ask("great"), Models(), params, TASK)
    second = prelabel(examples(400)[::-1], ask("great"), Models(), params, TASK)
    assert first == second
    assert first.report["rows"] == 100


def test_unknown_predictor_is_named():
    with pytest.raises(PipelineError, match=r"label\.prelabel\.method: unknown name 'linea'"):
        prelabel(examples(), ask("a"), Models(), Prelabel(method="linea"), TASK)


def test_no_answer_below_the_floor_is_accepted():
    found = prelabel(
        [*examples(), Example("t", "great", "g", "negative", "negative")], ask("???"), Models(), Prelabel(), TASK
    )
    assert found.confidence_threshold >= Prelabel().min_confidence > found.answers["u0"].confidence


def test_languages_that_the_encoder_does_not_read_are_not_answered(tmp_path, caplog):
    """The encoder has a tokenizer and no weights: to embed anything would fail."""

    def chinese(name, n, label=None):
        source = Source("s", "files", "s", n, "MIT", "train")
        record = Record(name, {"text": f"质量很好，非常满意{n}"}, source, label, "zh")
        return Example(name, record.fields["text"], name, label, label, record)

    learn = [chinese(f"t{n}", n, "positive" if n % 2 else "negative") for n in range(40)]
    asked = [chinese(f"u{n}", n) for n in range(4)]
    found = prelabel(learn, asked, Models(encoder=english_only(tmp_path)), Prelabel(), TASK)
    assert (found.answers, found.report["applies"], found.report["why"]) == ({}, False, WHY_UNREAD)
    assert found.report["unread"]["zh"] > 0.2
    assert "tfidf" in found.report["unread_remedy"]
    assert "no pre-labels for some languages" in caplog.text
    assert prelabel(learn, asked, Models(), Prelabel(), TASK).report.get("unread") is None
