"""What much of a source shares makes no copies and no groups."""

import random
from collections import Counter

import pytest

from pipeline.clean.step import Context
from pipeline.clean.steps.near_duplicates import NearDuplicates, drop_near_duplicates
from pipeline.clean.steps.splits import Part, Splits, assign_splits
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_table
from tests.clean.chats import chat
from tests.clean.records import TASK, make, table

CHAT = Task(type="chat", languages=("en", "zh"))


INSTRUCTION = (
    "Below stands a remark that a guest left at the reception of a small hotel by the sea. Say in one word whether the "
    "guest was content, annoyed or neither; write the word in capital letters, without a full stop; never explain it."
)


CHINESE = (
    "请阅读下面这位旅客在酒店前台留下的意见，并用一个词说明他是满意、不满意还是两者都不是，不要写句号，也不要解释。"
)


REMARKS = (
    "The soup was cold", "We loved the view", "Loud ice machine", "Nice towels", "Window would not shut",
    "Best pancakes", "Lift out of order", "Friendly porter", "Wifi kept dropping", "Quiet nights", "Stained carpet",
    "Great coffee", "Rude clerk", "Lovely garden", "No hot water", "Warm welcome",
)  # fmt: skip


OPINIONS = ("汤是凉的", "风景很美", "制冰机太吵", "毛巾不错", "窗户关不上", "早餐很棒", "电梯坏了", "门童热情")


SIGNATURE = (
    "\n\nKind regards\nDr Martina Hollenbach\nHead of Customer Relations\nNordwind Shipping Ltd, 12 Harbour Street\n"
    "This message is confidential. If you are not the addressee, please delete it and tell the sender at once."
)


def near(records, task=CHAT, **settings):
    rows = to_table(records, schema(task)) if task is CHAT else table(records)
    return drop_near_duplicates(rows, NearDuplicates(**settings), Context(task))


def largest(outcome) -> int:
    return max(Counter(filter(None, outcome.kept["group"].to_pylist())).values(), default=1)


def test_rows_of_one_long_instruction_stay_and_stand_alone():
    english = [
        chat(f"{INSTRUCTION}\n\n{remark}", "CONTENT" if n % 2 else "ANNOYED") for n, remark in enumerate(REMARKS)
    ]
    chinese = [chat(f"{CHINESE}\n\n{text}", "满意" if n % 2 else "不满意", "zh") for n, text in enumerate(OPINIONS)]
    outcome = near([*english, *chinese])
    assert outcome.dropped.num_rows == 0
    assert largest(outcome) == 1
    told = outcome.notes["boilerplate"]
    assert told["web"]["records"] == 16
    assert told["web"]["passage"].startswith("below stands a remark that a guest left")
    assert told["zh"]["passage"].startswith("请阅读下面这位旅客")


def test_true_copies_under_one_instruction_are_still_found():
    rows = [
        chat(f"{INSTRUCTION}\n\n{remark} and we will tell all our friends about it", "ANNOYED") for remark in REMARKS
    ]
    copy = chat(f"{INSTRUCTION}\n\n{REMARKS[0]}, and we will tell all our friends about it!", "ANNOYED")
    long = "Our room had no heating for three days although we called reception twice every evening"
    pair = [chat(f"{INSTRUCTION}\n\n{long}", "ANNOYED"), chat(f"{INSTRUCTION}\n\n{long} .", "ANNOYED")]
    edited = chat(f"{INSTRUCTION}\n\n{long}s", "ANNOYED")
    outcome = near([*rows, copy, *pair, edited])
    gone = set(outcome.dropped["id"].to_pylist())
    assert len(gone) == 3
    assert len(gone & {record.id for record in (*pair, edited)}) == 2


def test_mails_under_one_signature_stay_and_are_split_like_others():
    rng = random.Random(0)
    words = [
        "invoice",
        "container",
        "harbour",
        "truck",
        "customs",
        "delay",
        "driver",
        "pallet",
        "weight",
        "route",
        "damage",
        "claim",
        "refund",
        "permit",
    ]
    mails = [make(" ".join(rng.choices(words, k=14)) + SIGNATURE, key=str(n)) for n in range(60)]
    outcome = near(mails, TASK)
    assert outcome.kept.num_rows == 60
    assert largest(outcome) <= 3
    splits = assign_splits(outcome.kept, Splits(), Context(TASK)).kept["split"].to_pylist()
    assert 42 <= splits.count("train") <= 57


def test_equal_prompts_with_other_replies_are_no_copies_and_share_a_split():
    prompts = [f"Tell me something about topic {n} that few people know, please." for n in range(40)]
    rows = [
        chat(prompt, f"Reply {m}: {random.Random(f'{prompt}{m}').random()}") for prompt in prompts for m in range(3)
    ]
    outcome = near(rows)
    assert outcome.dropped.num_rows == 0
    split = assign_splits(outcome.kept, Splits(test=Part(share=0.3)), Context(CHAT)).kept
    of_prompt: dict[str, set[str]] = {}
    for messages, part in zip(split["fields"].to_pylist(), split["split"].to_pylist(), strict=True):
        of_prompt.setdefault(messages["messages"][0]["content"], set()).add(part)
    assert {len(parts) for parts in of_prompt.values()} == {1}
    assert {part for parts in of_prompt.values() for part in parts} == {"train", "dev", "test"}


def test_numbers_one_digit_apart_and_languages_of_the_c_family_stay_apart():
    rows = [make(f"Write a loop in {name}", key=name) for name in ("C", "C++", "C#")]
    rows += [
        make(f"Farm to Market Road 15{n:02} (FM 15{n:02}) is located in Lamar County", key=f"r{n}") for n in range(20)
    ]
    story = "The ferry left the harbour late and its {} men had nothing to eat but bread and {} fish all day"
    rows += [make(story.format(n, m), key=f"s{n}{m}") for n, m in ((12, 30), (13, 30), (12, 31))]
    rows += [make(f"这台手机的电池可以用{n}天，屏幕很亮，拍照也很清楚，我很喜欢它", key=f"z{n}") for n in (2, 3)]
    assert near(rows, TASK, drop=0.8).dropped.num_rows == 0


@pytest.mark.parametrize("count", [0, 1, 7, 8])
def test_few_records_have_no_boilerplate(count):
    outcome = near([chat(f"{INSTRUCTION}\n\n{REMARKS[n]}", None) for n in range(count)])
    assert bool(outcome.notes["boilerplate"]) is (count >= 8)
