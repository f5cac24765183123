"""The language of an answer."""

from __future__ import annotations

import pytest

from pipeline.llm.verifiers.contract import Case
from tests.llm.verifiers.asking import verdict


@pytest.mark.parametrize(
    ("text", "lang", "said"),
    [
        ("The order will arrive on Monday, as promised.", "en", ""),
        ("订单会在星期一送到，请耐心等待。", "zh", ""),
        ("The order will arrive on Monday, as promised.", "zh", "in 'en', not in 'zh'"),
        ("订单会在星期一送到，请耐心等待。", "en", "in 'zh', not in 'en'"),
        ("Die Bestellung kommt wie versprochen am Montag.", "en", "in 'de', not in 'en'"),
        ("用这段代码：\n```python\nprint('hello world, how are you')\n```", "zh", ""),
        ("OK", "zh", ""),
        ("", "en", ""),
        ("The order will arrive on Monday.", "", "no language to compare with"),
    ],
)
def test_an_answer_is_in_the_language_asked_for(text, lang, said) -> None:
    found = verdict("language", Case(text, lang=lang))
    assert said in found
    assert bool(said) == bool(found)
