from collections import Counter

import pytest

from pipeline.augment.augmenters import build
from pipeline.augment.augmenters.label_names import LabelNames, words
from pipeline.augment.augmenters.request import Request, Written
from pipeline.augment.policy import plan
from pipeline.core.errors import PipelineError
from pipeline.core.record import content_id
from pipeline.core.settings import Task
from pipeline.modeling.models import Models
from tests.augment.conftest import TASK, record
from tests.augment.stage import result


def ask(label, lang="en", number=0):
    return Request("some text", lang, content_id(str(label), str(number)), label=label)


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("card_arrival", "card arrival"),
        ("Refund-not_showing/up", "refund not showing up"),
        ("topUpFailed", "top up failed"),
        ("ATM", "ATM"),
        ("体育", "体育"),
    ],
)
def test_labels_as_words(label, text):
    assert words(label) == text


def test_names_and_templates():
    values = {"templates": ["{name}", "it is about {name}"], "names": {"1": "praise"}}
    requests = [ask("1"), ask("1", number=1), ask("card_arrival"), ask("体育", "zh"), ask(None), ask("0")]
    results = build("label_names", values, Models())(requests)
    assert {results[0], results[1]} == {Written("praise"), Written("it is about praise")}
    assert results[2] == Written("card arrival")
    assert results[3] == Written("体育")
    assert [result.problem for result in results[4:]] == ["no_class", "no_words"]
    assert "label_names.names" in results[5].detail
    assert build("label_names", values, Models())(requests[::-1]) == results[::-1]


def test_each_class_has_one_child_a_template_however_many_rows():
    records = [record(f"good {n}", "pos") for n in range(30)] + [record("bad", "neg"), record("好", "pos", "zh")]
    settings = LabelNames(templates=("{name}", "about {name}"))
    draws = plan({"m": settings}, records, TASK, 1000)
    assert Counter(d.parent.target for d in draws) == {"pos": 2, "neg": 2}
    assert len({d.seed for d in draws}) == 4
    assert plan({"m": settings}, records[::-1], TASK, 1000)[0] in draws
    assert {d.parent.target for d in plan({"m": LabelNames(per_class={"neg": 0})}, records, TASK, 1000)} == {"pos"}


def test_a_class_in_two_languages_gets_each_template_once():
    records = [record("good", "pos"), record("好", "pos", "zh"), record("bad", "neg")]
    settings = LabelNames(templates=("{name}", "about {name}"), languages=("en", "zh"))
    draws = plan({"m": settings}, records, TASK, 1000)
    requests = [Request("x", d.parent.lang, d.seed, label=d.parent.target) for d in draws]
    results = build("label_names", {"templates": list(settings.templates)}, Models())(requests)
    assert sorted(result.text for result in results) == ["about neg", "about pos", "neg", "pos"]


def test_templates_without_a_name_are_refused():
    with pytest.raises(PipelineError, match=r"has no \{name\} in it"):
        build("label_names", {"templates": ["about it"]}, Models())


def test_children_inherit_from_a_record_of_their_class(project):
    task = Task(type="classification", labels=("card_arrival", "lost_phone"))
    records = [record(f"where is the card {n}", "card_arrival") for n in range(3)]
    records += [record(f"my phone is gone {n}", "lost_phone") for n in range(3)]
    kept, report = result(project(records, {"methods": {"label_names": {}}, "keep": "always"}, task))
    children = {r.fields["text"]: r for r in kept if r.parent_id}
    assert set(children) == {"card arrival", "lost phone"}, report["notes"]["methods"]["label_names"]["rejected"]
    parents = {r.id: r for r in kept}
    for text, child in children.items():
        assert child.target == text.replace(" ", "_") == parents[child.parent_id].target
