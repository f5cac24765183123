import pytest

from pipeline.clean.contamination.index import build_index

ITEM = "A train leaves the station at noon and travels sixty miles an hour for three hours before it stops."
CHINESE = "一列火车中午从车站出发，以每小时六十公里的速度行驶三小时后停下，问它走了多远？"


@pytest.mark.parametrize("item", [ITEM, CHINESE])
def test_a_copy_is_found_whole_wherever_it_stands(item):
    index = build_index([["Something else entirely is asked in this other item of the set."], [item]])
    for text in (item, f"Solve this for me, please:\n\n{item}\n\nThank you!", item.upper()):
        (hit,) = index.hits(["no copy", text])
        assert (hit.text, hit.item, hit.share) == (1, 1, 1.0)


def test_the_share_is_of_the_item():
    half = " ".join(ITEM.split()[:10])
    (hit,) = build_index([[ITEM]]).hits([half])
    assert 0.3 < hit.share < 0.6


def test_what_all_items_share_says_nothing():
    lead = "Read the following passage with care and answer the question that stands below it."
    items = [[f"{lead} Number {n} of {n * 7}: where do {n} horses of {n + 3} men sleep?"] for n in range(9)]
    assert build_index(items).hits([f"{lead} Who wrote this long poem about the sea and the wind?"], 0.1) == []


def test_a_question_is_found_without_its_choices():
    item = f"{ITEM}\nforty miles in all\none hundred and eighty miles\nthree hundred miles or more\nnone of these"
    assert build_index([[item]]).hits([ITEM], 0.9)[0].share == 1.0


def test_very_short_items_are_found_as_whole_texts_or_lines_only():
    index = build_index([["Who wrote Hamlet?"], ["谁写红楼"], ["Why?"]])
    assert [hit.item for hit in index.hits(["who wrote HAMLET", "Answer me:\n谁写 红楼？"])] == [0, 1]
    assert index.hits(["Tell me who wrote Hamlet and when.", "Why?"]) == []
    assert index.too_short == 1


@pytest.mark.parametrize("line", ["> {}", "Q: {}", "问：{}", '"{}"', "## Question\n{}", "1. {}", "**{}**", "用户: {}"])
@pytest.mark.parametrize("item", ["Who wrote Hamlet?", "谁写红楼"])
def test_marks_and_labels_before_a_short_item_do_not_hide_it(line, item):
    assert [hit.share for hit in build_index([[item]]).hits([line.replace("{}", item)])] == [1.0]


@pytest.mark.parametrize(
    ("item", "held"),
    [
        ("Who wrote the play called Hamlet?", "Please tell me who wrote the play called Hamlet, and when."),
        ("谁写了哈姆雷特这部剧", "老师问：谁写了哈姆雷特这部剧？请回答"),
        ("What year did it end? 1945", "what year did it end 1945 or later"),
    ],
)
def test_short_items_are_found_inside_longer_texts(item, held):
    index = build_index([["another item, of five"], [item]])
    assert [(hit.text, hit.item, hit.share) for hit in index.hits(["nothing of it", held])] == [(1, 1, 1.0)]
    assert index.hits([held.replace("谁", "我").replace("who", "he").replace("year", "day")]) == []


def test_nothing_is_found_in_nothing():
    assert build_index([]).hits(["a text"]) == []
    assert build_index([[ITEM]]).hits([]) == []
    assert build_index([[""]]).hits([""]) == []
