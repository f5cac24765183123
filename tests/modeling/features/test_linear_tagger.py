import pytest

from pipeline.modeling.features.linear_tagger import features, shape, tag_linearly
from pipeline.modeling.features.tagging_units import units

LABELS = ["person", "place"]
NAMES = ["Ann", "Boris", "Clara", "Dmitri", "Ella", "Farid", "Gina", "Hugo"]
PLACES = ["Oslo", "Lisbon", "Rome", "Kyoto", "Lima", "Cairo", "Delhi", "Paris"]
CITIES = ["北京市", "上海市", "广州市", "深圳市", "成都市", "武汉市", "南京市", "天津市"]


def marked(text, *surfaces):
    return text, [
        {"start": text.index(s), "end": text.index(s) + len(s), "label": label}
        for s, label in zip(surfaces, LABELS[-len(surfaces) :], strict=True)
    ]


TRAIN = [marked(f"yesterday {n} moved to {p} .", n, p) for n in NAMES for p in PLACES[:6]]
TRAIN += [marked(f"我昨天去了{p}玩", p) for p in CITIES[:6]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yesterday Hugo moved to Delhi .", [("Hugo", "person"), ("Delhi", "place")]),  # Delhi: by its neighbours
        ("我昨天去了天津市玩", [("天津市", "place")]),
        ("", []),
        ("nothing of note", []),
    ],
)
def test_spans_are_found_by_their_surroundings(text, expected):
    (found,) = tag_linearly(TRAIN, [text], LABELS)
    assert [(text[span["start"] : span["end"]], span["label"]) for span in found] == expected


def test_the_same_twice_and_nothing_from_nothing():
    texts = [text for text, _ in TRAIN]
    assert tag_linearly(TRAIN, texts, LABELS) == tag_linearly(TRAIN, texts, LABELS)
    assert tag_linearly([("no entity here", [])], texts[:2], LABELS) == [[], []]
    assert tag_linearly([], texts[:1], LABELS) == [[]]


def test_features_of_a_unit():
    assert [shape(word) for word in ("iPhone6s", "IBM", "京", "2024")] == ["aAa0a", "A", "京", "0"]
    first, second = features("Hi 你", units("Hi 你"))
    assert {"0=Hi", "1=你", "1<H", "2Hi>", "lower=hi"} <= set(first)
    assert "-1=Hi" in second
