import numpy as np
import pytest

from pipeline.augment.ablation import search, trial
from pipeline.augment.ablation.search import choose, gain
from pipeline.augment.ablation.trial import FOLDS, LabelRun, LabelTrials, draw
from pipeline.augment.candidates import Candidate
from pipeline.augment.params import AblationSettings
from pipeline.augment.text_features import TextFeatures
from pipeline.modeling.features import linear
from pipeline.modeling.models import Model
from pipeline.stats.bootstrap import Estimate
from tests.augment.conftest import TASK, record

NOUNS = ["food", "music", "staff", "room", "view", "price", "bread", "coffee", "garden", "service", "film", "story"]
HELPED, NOTHING = Estimate(0.02, 0.01, 0.03, 0.001), Estimate(0, 0, 0, 1)
GOOD, BAD = ["good", "nice", "fine", "sweet", "kind", "warm"], ["bad", "rude", "cold", "sour", "dull", "loud"]


def rows(number, split="train", words=4):
    """Texts whose class is told by one word of several; which one repeats too rarely to be known from few rows."""
    rng = np.random.default_rng(0 if split == "train" else 1)
    found = []
    for n in range(number):
        target = ("pos", "neg")[n % 2]
        telling = rng.choice(GOOD if target == "pos" else BAD)
        text = " ".join([*rng.choice(NOUNS, words), telling, str(n)])
        found.append(record(text, target, split=split))
    return found


def children(records, method, text_of, label_of=lambda r: r.target):
    made = []
    for parent in records:
        text = text_of(parent)
        child = parent.child(f"augment.{method}", {"text": text}, label_of(parent))
        made.append(Candidate(method, parent, child, text))
    return made


def chosen(accepted, records, **settings):
    features = TextFeatures([r.fields["text"] for r in records] + [c.text for c in accepted], Model(name="tfidf"))
    ablation_settings = AblationSettings(**{"min_held_out_rows": 10, **settings})
    return choose(accepted, LabelTrials(records, features, ablation_settings, TASK), ablation_settings)


def told(record):
    """What the rows alone do not say: which words tell the class."""
    return " ".join(GOOD if record.target == "pos" else BAD)


def test_what_helps_stays_and_what_harms_or_does_nothing_goes():
    train, dev = rows(12, words=3), rows(300, "dev", words=3)
    other = {"pos": BAD, "neg": GOOD}
    wrong = children(train, "wrong", lambda r: f"{other[r.target][0]} {other[r.target][1]} {r.fields['text'][:9]}")
    same = children(train, "same", lambda r: " ".join(reversed(r.fields["text"].split())))
    new = children(train, "new", told)
    choice = chosen([*wrong, *same, *new], [*train, *dev])
    assert choice.notes["kept_methods"] == ["new"]
    assert {c.child.id for c in (*wrong, *same)} <= set(choice.unhelpful)
    assert all("macro-F1" in why for why in choice.unhelpful.values())
    assert choice.notes["gain"]["new"]["low"] > 0
    assert choice.notes["gain_over_copies"]["new"]["low"] > 0
    assert {"0.5 of wrong", "copies of new"} <= set(choice.notes["gain"])


def test_the_rule_is_that_of_every_stage_at_the_level_asked_for(monkeypatch):
    train, dev = rows(12, words=3), rows(300, "dev", words=3)
    asked = []
    monkeypatch.setattr(search, "verdict", lambda gain, p, alpha: asked.append((p, alpha)) or "no_measurable_effect")
    choice = chosen(children(train, "new", told), [*train, *dev], confidence_level=0.9)
    assert choice.notes["kept_methods"] == []
    assert all("not a gain at 0.1" in why for why in choice.unhelpful.values())
    assert [alpha for _, alpha in asked] == pytest.approx([0.1] * len(asked))


def test_only_a_part_of_a_method_may_stay(monkeypatch):
    train, dev = rows(40), rows(40, "dev")
    made = children(train, "m", lambda r: " ".join(reversed(r.fields["text"].split())))
    gains = {"m": Estimate(-0.1, -0.2, 0.0, 0.05), "0.5 of m": HELPED}
    monkeypatch.setattr(search, "gain", lambda runs, name, *_: gains.get(name, NOTHING))
    choice = chosen(made, [*train, *dev])
    assert choice.notes["kept_shares"] == {"m": 0.5}
    assert 0 < len(choice.unhelpful) < len(made)
    assert all("only 0.5 of the method's examples help" in why for why in choice.unhelpful.values())


def test_interval_holds_seeds_and_items():
    truth = np.array([0, 1] * 50)
    better = [
        LabelRun(truth, {"none": np.where(np.arange(100) % 5 == n, 1 - truth, truth), "m": truth}) for n in range(3)
    ]
    found = gain(better, "m", same_items=True)
    assert found.low > 0
    assert found.low < found.value < found.high
    assert gain(better, "none", same_items=True) == Estimate(0, 0, 0, 1)
    narrow = gain(better, "m", same_items=True, level=0.5)
    assert found.low < narrow.low < narrow.high < found.high


def test_none_gets_its_best_regularisation():
    train, dev = rows(200, words=1), rows(60, "dev", words=1)
    copies = children(train, "copies", lambda r: r.fields["text"] + " .")
    choice = chosen(copies, [*train, *dev], shares=(1.0,), seeds=3)
    assert abs(choice.notes["gain"]["copies"]["value"]) < 0.05


def test_five_seeds_judge_every_row_once_and_groups_stay_whole():
    train = [record(f"text {n}", group=f"group {n % 40}") for n in range(120)]
    rests = [{r.id for r in draw(train, seed, 10_000)[1]} for seed in range(2 * FOLDS)]
    assert sum(map(len, rests[:FOLDS])) == len(set().union(*rests[:FOLDS])) == len(train)
    assert rests[:FOLDS] != rests[FOLDS:]
    for seed in range(FOLDS):
        part, rest = draw(train, seed, 10_000)
        assert {r.group for r in part} | {r.group for r in rest} == {r.group for r in train}
        assert not {r.group for r in part} & {r.group for r in rest}
    part, rest = draw(train, 0, 30)
    assert 10 < len(part) < 60
    assert {r.id for r in rest} == rests[0]


def with_gains(monkeypatch, over_none, over_copies):
    """Decisions where the measurements are given: gain over none, gain over copies."""

    def found(runs, name, paired, level, against="none"):
        return over_none if against == "none" else over_copies

    monkeypatch.setattr(search, "gain", found)
    train, dev = rows(40), rows(40, "dev")
    return chosen(children(train, "m", lambda r: f"{r.fields['text']} ."), [*train, *dev])


@pytest.mark.parametrize(
    ("over_copies", "kept"),
    [
        (Estimate(0.03, 0.01, 0.05, 0.003), ["m"]),
        (Estimate(0.01, -0.01, 0.03, 0.3), []),
        (Estimate(-0.03, -0.05, -0.01, 0.003), []),
    ],
)
def test_copies_of_the_source_examples_are_the_control(monkeypatch, over_copies, kept):
    choice = with_gains(monkeypatch, HELPED, over_copies)
    assert choice.notes["kept_methods"] == kept
    assert choice.notes["gain_over_copies"]["m"] == over_copies.as_dict()
    assert all("plain copies of the source examples" in why for why in choice.unhelpful.values())


def test_regularisation_is_chosen_on_few_rows_and_the_gain_measured_on_all(monkeypatch):
    train = rows(120, words=1)
    features = TextFeatures([r.fields["text"] for r in train], Model(name="tfidf"))
    fits = []
    fit = linear.fit

    def noted(matrix, labels, strength, tolerance):
        fits.append((len(labels), strength, tolerance))
        return fit(matrix, labels, strength, tolerance=tolerance)

    monkeypatch.setattr(linear, "fit", noted)
    monkeypatch.setattr(trial, "_FEW_ROWS", 40)
    trials = LabelTrials(train, features, AblationSettings(), TASK)
    assert (trials.problem, trials.notes["evaluated_on"]) == ("", "train split, by cross-validation")
    assert trials.notes["held_out_rows"] == len(train)
    measured = 5 * trial.FOLDS
    tuning, full = fits[:-measured], fits[-measured:]
    assert {strength for _, strength, _ in tuning} == {1.0, 10.0, 100.0}
    assert max(size for size, _, _ in tuning) < 60 < 80 < min(size for size, _, _ in full)
    assert {strength for _, strength, _ in full} == {trials.notes["C"]}
    assert {tolerance for _, _, tolerance in fits} == {linear.THOROUGH}, "quick fits end anywhere"
