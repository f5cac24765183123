from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.record import Reject, Span
from pipeline.tasks.offsets import remap_spans
from tests.strategies import TEXTS, span_targets


@pytest.mark.parametrize(
    ("before", "after", "surface", "becomes"),
    [
        ("I love fish &amp; chips", "I love fish & chips", "fish &amp; chips", "fish & chips"),
        ("  BeyoncÃ© sings", "Beyoncé sings", "BeyoncÃ©", "Beyoncé"),
        ("<b>tea</b> time", "tea time", "tea", "tea"),
        ("我 在 北京&nbsp;工作", "我 在 北京 工作", "北京", "北京"),
        ("ＡＢ公司", "AB公司", "ＡＢ公司", "AB公司"),
        ("😀 Zürich &lt; Bern", "😀 Zürich < Bern", "Bern", "Bern"),
    ],
)
def test_span_follows_its_text_through_an_edit(before: str, after: str, surface: str, becomes: str) -> None:
    start = before.index(surface)
    whole: Span = {"start": start, "end": start + len(surface), "label": "x"}
    (span,) = remap_spans(before, after, [whole])
    assert after[span["start"] : span["end"]] == becomes
    assert span["label"] == "x"


def span_of(start: int, end: int) -> Span:
    return {"start": start, "end": end, "label": "x"}


def test_span_whose_text_is_gone_is_rejected() -> None:
    with pytest.raises(Reject, match="span_lost"):
        remap_spans("see http://x.y now", "see now", [span_of(4, 14)])


@given(st.data(), TEXTS)
def test_spans_survive_entity_and_space_repair(data: st.DataObject, text: str) -> None:
    spans = data.draw(span_targets(text, ("x",)))
    before = text.replace(" ", "  ")
    wide: list[Span] = [
        span_of(s["start"] + text[: s["start"]].count(" "), s["end"] + text[: s["start"]].count(" ")) for s in spans
    ]
    after = html.unescape(text)
    for old, new in zip(wide, remap_spans(before, after, wide), strict=True):
        assert after[new["start"] : new["end"]] == html.unescape(before[old["start"] : old["end"]])


def test_long_text_is_remapped_quickly() -> None:
    before = "The cat &amp; the dog sat on the mat. " * 300
    after = html.unescape(before)
    start = before.rindex("dog")
    (span,) = remap_spans(before, after, [span_of(start, start + 3)])
    assert after[span["start"] : span["end"]] == "dog"
