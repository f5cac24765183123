"""Replies that fit their prompts, and a source whose replies were shuffled: English and Chinese, zero cases."""

from __future__ import annotations

import random
from functools import partial

import pytest

from pipeline.modeling.models import Model
from pipeline.value.dialogues import Dialogue
from pipeline.value.params import Params
from pipeline.value.prompt_fit import fit_of_dialogues, fit_of_group
from pipeline.value.reply_effects import Effect, _told, _unfit

TFIDF = Model(name="tfidf")
PARAMS = Params(resamples=200)
THINGS = ["whale", "bread", "piano", "river", "engine", "garden", "violin", "bridge", "market", "winter", "candle"]
THINGS += ["forest", "island", "kettle", "ladder"]
ZH = ["鲸鱼", "面包", "钢琴", "河流", "引擎", "花园", "提琴", "大桥", "市场", "冬天", "蜡烛", "森林", "岛屿", "水壶"]
SYSTEM = ("system", "Be kind.")


def dialogue(source, n, asked, said, lang="en"):
    return Dialogue(
        f"{source}{n}", (("system", "Be kind."), ("user", asked), ("assistant", said)), lang, {"source": source}
    )


def dialogues(source, count=40, shuffled=False, zh=False, draw=0):
    """A question about two things and a reply that names them; replies moved along where they are shuffled."""
    rng = random.Random(f"{source} {draw}")
    pairs = [rng.sample(ZH if zh else THINGS, 2) for _ in range(count)]
    form = "关于{}和{}，有很多可以说的{}。" if zh else "The {} and the {}: note {}."
    said = [form.format(a, b, n) for n, (a, b) in enumerate(pairs)]
    if shuffled:
        said = said[1:] + said[:1]
    asked = [f"请说说{a}和{b}" if zh else f"Tell me of a {a} near the {b}" for a, b in pairs]
    return [dialogue(source, n, asked[n], said[n], "zh" if zh else "en") for n in range(count)]


def of_source(name, dialogue):
    return dialogue.of["source"] == name


def effects(some, names):
    from pipeline.stats.bootstrap import Estimate

    fits = fit_of_dialogues(some, TFIDF)
    even = Estimate(0.0, 0.0, 0.0, 1.0)
    return [Effect("source", name, 0, even, fit_of_group(fits, partial(of_source, name), PARAMS)) for name in names]


@pytest.mark.parametrize("zh", [False, True])
def test_a_shuffled_source_is_named_and_told_in_words(zh):
    some = [*dialogues("good", zh=zh), *dialogues("other", zh=zh), *dialogues("bad", zh=zh, shuffled=True)]
    told = {one["name"]: one for one in _told(effects(some, ["good", "other", "bad"]), PARAMS)}
    assert {name: one["verdict"] for name, one in told.items()} == {
        "good": "no_measurable_effect",
        "other": "no_measurable_effect",
        "bad": "hurt",
    }
    assert told["good"]["fit"]["value"] > 0.9 > 0.6 > told["bad"]["fit"]["value"]
    assert told["bad"]["fit"]["unrelated"] > 0.8
    assert "do not fit their prompts" in told["bad"]["sentence"]


@pytest.mark.parametrize("draw", range(10))
def test_no_sound_source_is_named(draw):
    names = ["a", "b", "c", "中"]
    some = [dialogue for name in names for dialogue in dialogues(name, 30, zh=name == "中", draw=draw)]
    assert _unfit(effects(some, names), PARAMS) == set()


def test_a_quarter_of_strange_replies_is_told_but_not_called_harmful():
    mixed = [*dialogues("mixed", 45), *dialogues("mixed", 15, shuffled=True, draw=1)]
    (one,) = effects([*dialogues("good"), *dialogues("other"), *mixed], ["mixed"])
    assert 0.1 < one.fit.as_dict()["unrelated"] < 0.5
    assert _unfit([one], PARAMS) == set()


def test_labels_numbers_and_few_dialogues_are_not_measured():
    said = ("positive review", "negative review")
    labels = [dialogue("labels", n, f"Is it {THINGS[n % 15]} {n}?", said[n % 2]) for n in range(30)]
    numbers = [dialogue("sums", n, f"{n} + {n}?", str(2 * n)) for n in range(30)]
    fits = fit_of_dialogues([*labels, *numbers, *dialogues("few", 9), *dialogues("good")], TFIDF)
    assert {dialogue.of["source"] for dialogue in fits} == {"good"}
    assert fit_of_group(fits, partial(of_source, "labels"), PARAMS) is None
    assert fit_of_dialogues([], TFIDF) == {}
    assert fit_of_dialogues(dialogues("one", 1), TFIDF) == {}


def test_nobody_is_named_where_the_encoder_cannot_tell_or_there_is_nothing_to_compare_with():
    both = [*dialogues("a", shuffled=True), *dialogues("b", shuffled=True)]
    found = effects(both, ["a", "b"])
    assert [one.fit.others for one in found] == [None, None]
    assert _unfit(found, PARAMS) == set()
    assert _unfit(effects(dialogues("alone", shuffled=True), ["alone"]), PARAMS) == set()
    apart = [*dialogues("en", shuffled=True), *dialogues("zh", zh=True)]  # another language is no yardstick
    assert _unfit(effects(apart, ["en", "zh"]), PARAMS) == set()


def test_spelling_tells_nothing_of_translations():
    pairs = [
        dialogue("mt", n, f"Translate this text: the {THINGS[n % 15]} {n}", f"这里是{ZH[n % 14]}和别的东西{n}")
        for n in range(30)
    ]
    assert fit_of_dialogues(pairs, TFIDF) == {}
