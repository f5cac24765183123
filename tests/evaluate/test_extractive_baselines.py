import pytest

from pipeline.evaluate.extractive_baselines import copies, first_words, lead, leads, sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It cost 3.5 dollars. Really? Yes!", ["It cost 3.5 dollars.", "Really?", "Yes!"]),
        ("提出了新方法.仿真表明有效。“真的吗？”他说!", ["提出了新方法.", "仿真表明有效。", "“真的吗？”他说!"]),
        ("no end", ["no end"]),
        ("", []),
    ],
)
def test_sentences_are_split_in_both_languages(text, expected):
    assert sentences(text) == expected


def test_references_are_parts_of_the_input(record):
    train = [record(1, "x", "four words are here"), record(2, "x", "两字")]
    test = [record(3, "First one. Second one! Third? Fourth.", "First"), record(4, "第一句。第二句。", "一")]
    found = leads(train, test)
    assert [p.value for p in found["lead_1"]] == ["First one.", "第一句。"]
    assert [p.value for p in found["lead_3"]] == ["First one. Second one! Third?", "第一句。 第二句。"]
    assert [p.value for p in found["lead_mean_length"]] == ["First one. Second", "第一句"], "3 words on average"
    assert set(leads([], test)) == {"lead_1", "lead_3"}
    assert [p.value for p in copies(train, test)["copy_source"]] == [r.fields["text"] for r in test]
    assert lead("好。", 3) == "好。"
    assert first_words("a b", 9) == "a b"
