from __future__ import annotations

import pytest

from pipeline.text.prose_lines import holds_code, is_comparison, is_plain_line, is_prose_line


@pytest.mark.parametrize(
    "line",
    [
        "The cat is on the mat.",
        "- It's best with salt.",
        "3. Don't forget the milk",
        "- Walk the dog before you go;",
        "a) on mange les pâtes avec du sel ;",
        "“We know,” he said.",
        'Toni Morrison wrote "Beloved", which is a novel.',
        '"It is the best of times."',
        'can you tell me who is the author of "The Trial"',
        "what is the plot of The Merchant of Venice?",
        "Scenario: You are alone in the house.",
        "3 NASA astronauts are back from the station.",
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
        'www 3600 IN TXT "the cat is at the door"',
        'PRINT "The cat is at the door"',
        'test "the user is not in the list" do',
        "title The plan of the week and of the month",
        "  participant who is the first of the list",
        "Name: the cat of the house | 12",
        "ORA-00942: table or view does not exist",
        "1 NOTE It's the note of the family",
        "Scenario: The cart of the user is empty",
        "not ok 3 - the list is not in order",
        "X-Note: It is from the cache",
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
    assert not is_plain_line("insert 'Müller' into it;")
    assert not is_plain_line("CREATE TABLE t (name TEXT DEFAULT 'Café');")
    assert not is_plain_line('("La cafetière", 3, True),')
    assert is_plain_line("- apples and pears;")


def test_an_indented_line_in_small_letters_needs_a_sentence_to_go_on_with() -> None:
    line = "  and it was the best of them all."
    assert is_prose_line(line, "We went to see the film")
    assert not is_prose_line(line, "Put this in:")
    assert not is_prose_line(line)


def test_code_in_a_sentence_and_comparisons() -> None:
    assert holds_code("Then call f(x) and it is done.")
    assert holds_code("Run git status to see it.")
    assert not holds_code("Children under < 5 years are free.")
    assert is_comparison(["under", "<", "5"], 1)
    assert not is_comparison(["x", "<", "5"], 1)
    assert not is_comparison(["<", "5"], 0)
