"""Which language a text is in; prompts that account for a reply in another."""

import pytest

from pipeline.text.language import accounts_for, detect, has_part_in

ACCEPTED = ("en", "zh")
FRENCH = "Je voudrais fermer mon compte, s'il vous plaît."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wann kommt meine Bestellung an?", "de"),
        (FRENCH, "fr"),
        ("When does my order arrive?", "en"),
        ("我的订单什么时候到？", "zh"),
        ("今日は電車が二十分遅れています。", "ja"),
        ("오늘 기차가 이십 분 늦습니다.", "ko"),
        ("用 pandas 的 DataFrame.merge 合并两张表即可。", "zh"),
        (f"Run this:\n```python\n# {FRENCH} {FRENCH}\nprint(1)\n```\nand look at the output.", "en"),
        ("PLEASE CALL ME BACK AFTER SIX TODAY", "en"),
    ],
)
def test_the_language_is_found(text, language):
    found = detect(text, ACCEPTED)
    assert found is not None
    assert found[0] == language
    assert 0.5 <= found[1] <= 1


@pytest.mark.parametrize("text", ["", "  \n", "ok", "https://exemple.fr/bonjour/le/monde @jean #oui", "12345 67890"])
def test_what_is_too_short_is_not_judged(text):
    assert detect(text, ACCEPTED, 15) is None


@pytest.mark.parametrize(
    ("prompt", "accounts"),
    [
        ("Say hello in ten languages.", True),
        ("Translate to German: my order is late.", True),
        ("Write a poem in Portuguese about rain.", True),
        ("把这句话翻译成法语", True),
        ("请用西班牙语写一首诗", True),
        (f'Fix the mistakes in "{FRENCH}"', True),
        (f"请改写下面的句子：\n{FRENCH}", True),
        ("How did Niagara Falls form?", False),
        ("尼亚加拉瀑布是怎么形成的？", False),
        (FRENCH, False),
        ("", False),
    ],
)
def test_prompts_that_account_for_another_language(prompt, accounts):
    assert accounts_for(prompt, ACCEPTED, 15) is accounts


def test_a_prompt_with_a_part_in_an_accepted_language():
    assert has_part_in(f"Is this true?\n{FRENCH}", ACCEPTED)
    assert not has_part_in(FRENCH, ACCEPTED)
    assert not has_part_in("", ACCEPTED)
