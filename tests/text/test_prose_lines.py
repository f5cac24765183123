from __future__ import annotations

import pytest

from pipeline.text.prose_lines import holds_code, is_comparison, is_plain_line, is_prose_line


@pytest.mark.parametrize(
    "line",
    [
        "The cat is on the mat.",
        "- It's best with salt.",
        "3. Don't forget the milk",
        "“We know,” he said.",
        "> She was the first of them.",
        "今天的天气真好，我们去公园。",
        "3、将面团静置三十分钟，然后分成小份。",
        "Der Bäcker verkauft die besten Brötchen.",
        "Мы вчера ходили в кино.",
        "הספרייה נפתחת בתשע בבוקר",
    ],
)
def test_sentences_are_prose(line: str) -> None:
    assert is_prose_line(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "   ",
        "x = the cat",
        "name: the cat is here",
        "    return the cat if it is there",
        "key\tit is the value of it",
        '"""Return the name of the cat."""',
        "SELECT the FROM it WHERE a = 1",
        "git commit -m 'the cat is here'",
        "姓名,年龄,备注,30,我和你",
        "colours",
    ],
)
def test_code_data_and_single_words_are_none(line: str) -> None:
    assert not is_prose_line(line)


def test_a_line_in_small_letters_goes_on_with_the_one_above() -> None:
    rest = "and it was the best of them all"
    assert is_prose_line(rest, "We went to see the film")
    assert not is_prose_line("is the", "We went to see the film")


def test_plain_lines_are_words_alone() -> None:
    assert is_plain_line("Angels and Demons")
    assert is_plain_line("- 苹果")
    assert not is_plain_line("a,b,c")
    assert not is_plain_line("title: Angels")
    assert not is_plain_line("a | b")
    assert not is_plain_line("x_1")


def test_code_in_a_sentence_and_comparisons() -> None:
    assert holds_code("Then call f(x) and it is done.")
    assert holds_code("Run git status to see it.")
    assert not holds_code("Children under < 5 years are free.")
    assert is_comparison(["under", "<", "5"], 1)
    assert not is_comparison(["x", "<", "5"], 1)
    assert not is_comparison(["<", "5"], 0)
