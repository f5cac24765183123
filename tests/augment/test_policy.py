from collections import Counter

import pytest
from pydantic import ValidationError

from pipeline.augment.augmenters.label_names import LabelNames
from pipeline.augment.policy import MethodSettings, plan, why_no_draws
from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from tests.augment.conftest import TASK, record, reviews


def test_only_labelled_train_records_have_children():
    records = [*reviews(), record("no label yet", None), record("a child already", parent_id="x")]
    draws = plan({"m": MethodSettings(factor=2)}, records, TASK, 10_000)
    assert {draw.parent.split for draw in draws} == {"train"}
    assert all(draw.parent.target and not draw.parent.parent_id for draw in draws)
    assert len(draws) == 2 * 36


def test_factor_below_one_draws_a_share_and_is_stable():
    records = [record(f"text number {n}") for n in range(400)]
    draws = plan({"m": MethodSettings(factor=0.25)}, records, TASK, 10_000)
    assert 60 < len(draws) < 140
    fewer = plan({"m": MethodSettings(factor=0.25)}, records[:200], TASK, 10_000)
    assert {d.seed for d in fewer} <= {d.seed for d in draws}


def test_fill_to_raises_thin_classes_only():
    records = [record(f"good {n}", "pos") for n in range(50)] + [record(f"bad {n}", "neg") for n in range(200)]
    draws = plan({"m": MethodSettings(fill_to=0.5)}, records, TASK, 10_000)
    assert Counter(d.parent.target for d in draws) == {"pos": 50}


def test_what_a_class_lacks_is_made_by_its_records_in_the_methods_languages():
    records = [record(f"good {n}", "pos") for n in range(4)] + [record(f"好 {n}", "pos", "zh") for n in range(16)]
    records += [record(f"bad {n}", "neg") for n in range(100)]
    draws = plan({"m": MethodSettings(fill_to=0.6)}, records, TASK, 10_000)
    assert Counter((d.parent.target, d.parent.lang) for d in draws) == {("pos", "en"): 40}


def test_other_languages_get_no_child():
    records = [record("味道很好", lang="zh")]
    assert plan({"m": MethodSettings(factor=1)}, records, TASK, 10) == []
    assert why_no_draws(MethodSettings(factor=1), records, TASK) == (
        "no labelled train record is in its languages (en), they are in zh: set its languages"
    )


def test_methods_that_nothing_is_asked_of_are_told():
    assert "set its factor" in why_no_draws(MethodSettings(), reviews(), TASK)
    assert why_no_draws(MethodSettings(factor=1), [], TASK) == "no train record has a label"
    ner = Task(type="ner", labels=("PER",), languages=("en",))
    assert "no class to fill" in why_no_draws(MethodSettings(fill_to=0.5), [record("Ada wrote", target=[])], ner)
    for settings in (MethodSettings(fill_to=0.5), MethodSettings(per_language={"en": 1}), LabelNames()):
        assert why_no_draws(settings, reviews(), TASK) == ""


def test_budget_is_kept_and_seeds_are_distinct():
    draws = plan({"m": MethodSettings(factor=3), "k": MethodSettings(factor=1)}, reviews(), TASK, 25)
    assert len(draws) == 25 == len({d.seed for d in draws})
    assert {d.method for d in draws} == {"m", "k"}


def test_classes_and_languages_have_factors_of_their_own():
    records = [record(f"good {n}", "pos") for n in range(10)] + [record(f"bad {n}", "neg") for n in range(10)]
    records += [record(f"好 {n}", "pos", lang="zh") for n in range(10)] + [record("坏", "neg", lang="zh")]
    settings = MethodSettings(factor=1, per_class={"neg": 0}, per_language={"zh": 2}, languages=("en", "zh"))
    draws = plan({"m": settings}, records, TASK, 10_000)
    assert Counter((d.parent.target, d.parent.lang) for d in draws) == {("pos", "en"): 10, ("pos", "zh"): 20}
    thin = MethodSettings(fill_to=1, per_class={"neg": 0}, languages=("en", "zh"))
    assert not [d for d in plan({"m": thin}, records, TASK, 10_000) if d.parent.target == "neg"]


def test_factors_per_class_need_classes():
    task = Task(type="ner", labels=("PER",), languages=("en",))
    with pytest.raises(PipelineError, match="per_class: the records of task 'ner' have no class"):
        plan({"m": MethodSettings(per_class={"PER": 3})}, [record("Ada wrote", target=[])], task, 10)


def test_misspelt_classes_and_languages_are_named():
    for settings in (MethodSettings(per_class={"poss": 1}), MethodSettings(per_language={"zh": 1})):
        with pytest.raises(PipelineError, match="is none of this project's"):
            plan({"m": settings}, reviews(), TASK, 10)


def test_a_budget_in_seconds_is_one_in_children():
    settings = MethodSettings(factor=3, max_seconds=10, seconds_per_example=0.8)
    assert settings.limit == 12
    draws = plan({"m": settings, "k": MethodSettings(factor=1, max_examples=5)}, reviews(), TASK, 10_000)
    assert Counter(d.method for d in draws) == {"m": 12, "k": 5}
    with pytest.raises(ValidationError, match="max_seconds needs seconds_per_example"):
        MethodSettings(max_seconds=5)
