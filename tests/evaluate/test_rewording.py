from pipeline.evaluate.rewording import entity_swap, mentions, paraphrase, swap_terms


def test_rewording_by_hand():
    assert paraphrase("I don't know", 0.0) == "I do not know"
    assert paraphrase("Because I can", 0.0) == "Since I can"
    assert paraphrase("我非常喜欢", 0.0) == "我十分喜欢"
    assert paraphrase("nothing to say", 0.0) == "nothing to say"
    assert entity_swap("ask John now", 0.0) == "ask David now"
    assert entity_swap("Johnson asks", 0.0) == "Johnson asks"  # part of a word is no name
    assert entity_swap("在北京", 0.99) == "在南京"
    assert entity_swap("room 9", 0.0) == "room 1"
    assert swap_terms("She said he left", ("she",), ("he",)) == "He said she left"
    assert swap_terms("她来了", ("她",), ("他",)) == "他来了"
    assert mentions("Ask HER.", ["her"])
    assert not mentions("there", ["her"])
