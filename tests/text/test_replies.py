"""Signs of what is wrong with a reply; sound replies of every form score 0."""

import pytest

from pipeline.text import replies

PROSE = "The parcel left the warehouse on Monday and should be with you by Thursday, as long as the roads are clear"
SOUND = [
    "Paris",
    "4",
    "是的。",
    "👍",
    PROSE + ".",
    "包裹星期一已经从仓库发出，如果路况正常，预计星期四送到。",
    "- Milk\n- Eggs\n- Flour",
    "| a | b |\n|---|---|\n| 1 | 2 |\n| 1 | 2 |\n| 1 | 2 |",
    "Mix 250 g flour with 2 eggs.\n1. Knead\n2. Rest for an hour\n3. Bake at 200 °C",
    "```python\nfor n in range(3):\n    print(n)\n```",
    "Row, row, row your boat,\nGently down the stream.\nMerrily, merrily, merrily, merrily,\nLife is but a dream.",
    "I can't wait to see you on Friday!",
    "I'm sorry for your loss. Here are some words that may comfort her.",
    "人不能没有水，大约三天就会脱水。",
    "见 https://example.org/a/b",
    "----------------------------------------",
    "and, as, be, by, in, is, it, of, on, or, the, to, with",
    "machine learning, deep learning, neural networks, data science, big data, cloud",
    "苹果、香蕉、橙子、葡萄、西瓜、草莓、菠萝、樱桃、桃子、梨",
    "I am sorry for the late reply. I was not able to finish the report last week.",
    "I'm sorry to hear that you could not come to the party; we will send you a slice of the cake.",
]


@pytest.mark.parametrize("reply", SOUND)
def test_sound_replies_score_nothing(reply):
    assert replies.refusal(reply) == 0
    assert replies.speaks_as_model("What now?", reply) == 0
    assert replies.placeholder(reply) == 0
    assert replies.cut(reply) == 0
    assert replies.loop("What now?", reply) < 0.5
    assert replies.echo(["What is the matter with it now?"], reply) == 0
    assert replies.unseen("What now?", reply) == 0


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("I'm sorry, but I can't help with that request.", 1),
        ("As an AI, I'm not able to browse the internet.", 1),
        ("抱歉，我无法回答这个问题。", 1),
        ("我是一个语言模型，无法为你生成图片。", 1),
        ("I cannot provide legal advice. " + "However, these are the steps that people take. " * 12, 0.6),
    ],
)
def test_refusals(reply, score):
    assert replies.refusal(reply) == score


@pytest.mark.parametrize(
    ("prompt", "reply", "score"),
    [
        ("Which team wins?", "As an AI language model, I have no favourite.", 1),
        ("哪首好？", "作为一个AI语言模型，我没有个人观点。", 1),
        ("Are you a chatbot?", "Yes, I'm an AI assistant: a language model. I am a chatbot.", 0.5),
        ("你是谁？", "我是一个人工智能助理。", 0.5),
        ("Careers?", "As an AI engineer you would train models.", 0),
        ("谁赢了？", "人工智能领域的研究者发表了论文。", 0),
    ],
)
def test_replies_that_speak_as_a_model(prompt, reply, score):
    assert replies.speaks_as_model(prompt, reply) == score


@pytest.mark.parametrize("reply", ["<no output>", "N/A", "[insert answer here]", "TODO", "暂无", "此处填写答案"])
def test_placeholders(reply):
    assert replies.placeholder(reply) == 1


@pytest.mark.parametrize(("reply", "score"), [("", 1), (" \n", 1), ("...", 1), ("…", 1), ("a", 0), ("好", 0), ("?", 0)])
def test_empty_replies(reply, score):
    assert replies.empty(reply) == score


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        (PROSE, 0.4),
        (PROSE + " and", 1),
        (PROSE + ",", 1),
        ("包裹星期一已经从仓库发出，如果路况正常，预计星期四可以送到，因为", 1),
        ("```python\nprint(1)", 1),
        ("The colours that I have always liked best are red, green, blue, yellow, and", 1),
        ("I wandered lonely as a cloud that floats on high,\nwhen all at once I saw a crowd of golden daffodils,", 0.4),
        ("", 0),
    ],
)
def test_cut_replies(reply, score):
    assert replies.cut(reply) == score


def test_loops_and_what_was_asked_to_be_repeated():
    looping = "I went to the shop. " + "Then I came home again. " * 30
    assert replies.loop("Tell a story.", looping) > 0.9
    assert replies.loop("讲个故事", "从前有座山，山里有座庙。" * 20) > 0.9
    assert replies.loop("Repeat this thirty times", looping) == 0
    assert replies.loop("把这句话重复3遍", "我喜欢吃苹果，你呢？我喜欢吃苹果，你呢？我喜欢吃苹果，你呢？") == 0
    assert replies.loop("", "") == 0


def test_echoes():
    asked = "How did Niagara Falls form in the end?"
    assert replies.echo([asked], asked.upper()) == 1
    assert replies.echo(["Hi", asked], f" {asked}\n") == 1
    assert (
        replies.echo([asked], f"{asked} Glaciers carved the lakes, and the water found its way over the cliff.") < 0.5
    )
    assert replies.echo([], "") == 0


@pytest.mark.parametrize(
    ("prompt", "reply", "score"),
    [
        ("What breed is the dog in this picture?", "A beagle.", 1),
        ("<image> Describe it.", "A beagle.", 1),
        ("总结 https://example.org/wenzhang", "好文。", 1),
        ("Tell me about bees.", "As shown in the figure below, bees dance.", 1),
        ("附件是我的简历，请修改。", "好的。", 0.5),
        ("How do I take a good picture of the moon?", "With a tripod.", 0),
    ],
)
def test_what_no_text_holds(prompt, reply, score):
    assert replies.unseen(prompt, reply) == score


@pytest.mark.parametrize(
    ("prompt", "reply", "is_other"),
    [
        ("How did Niagara Falls form?", "尼亚加拉瀑布是冰川融化之后形成的。", True),
        ("尼亚加拉瀑布是怎么形成的？", "Glaciers carved the lakes, and the water found its way.", True),
        ("Translate to Chinese: Glaciers carved the lakes.", "冰川雕刻了这些湖泊。", False),
        ("用英文介绍一下尼亚加拉瀑布", "Glaciers carved the lakes, and the water found its way.", False),
        ("编写一个函数，把列表从大到小排序。", "def reverse_sort(lst): return sorted(lst, reverse=True)", False),
        ("How did Niagara Falls form?", "Glaciers carved the lakes, and the water found its way.", False),
        ("", "", False),
    ],
)
def test_replies_in_another_language(prompt, reply, is_other):
    assert (replies.other_language(prompt, reply, ("en", "zh")) >= 0.99) is is_other
