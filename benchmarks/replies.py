"""What the step `replies` finds in conversations: labelled public ones, planted faults, sentences of our own.

    SHARED_DATA=<folder> python benchmarks/replies.py [--misses]

Labels name public rows by the first eight digits of their hash; no row stands here. The sample: the first 100 Chinese and 100 other
replies by hash, all read, and the 115 more whose beginning holds a word such as `sorry`, 无法 or 语言模型, all read.
Everything else of the 4,035 public conversations counts as sound for the planted kinds.
"""

# ruff: noqa: E501
from __future__ import annotations

import argparse
import os
import random
import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.language import conversations  # noqa: E402

Conversation = tuple[str, str]

WIDE = re.compile(
    r"as an? (?:ai|language|large)|作为一?[个名款]|\bI(?:'m| am) (?:sorry|an? )|\bI can(?:no|')t|对不起|抱歉|遗憾|无法|不能|语言模型|do(?:n't| not) have|as an ai",
    re.I,
)

REFUSALS = set(
    [
        "0bc22ff2",
        "0bedfc71",
        "0dee9355",
        "10829cc9",
        "465f4209",
        "4c312d83",
        "4c699021",
        "52edb913",
        "53dee134",
        "6593608e",
        "65ea9d6a",
        "7492f681",
        "892b6a95",
        "8f3b3dee",
        "943c0549",
        "98f93076",
        "d8feabac",
        "ddddb68c",
        "e714f7b0",
        "eaabcab1",
        "f267d2b2",
        "fc81cf42",
    ]
)
AS_MODEL = set(
    [
        "0bedfc71",
        "0dee9355",
        "0f5e314b",
        "1002b6f5",
        "23add68e",
        "24fe05cf",
        "333a0168",
        "35206c3c",
        "3ef1e989",
        "4c312d83",
        "53c6ecf2",
        "5739e60c",
        "6812da13",
        "6a747d1c",
        "6c74ef21",
        "6c87e523",
        "7492f681",
        "892b6a95",
        "8b4a0e7f",
        "8f3b3dee",
        "94aa51d0",
        "98f93076",
        "9a1223fd",
        "a991e5ae",
        "b434103c",
        "bfce1cb4",
        "e32e6970",
        "e6813cc7",
        "f0ce5b44",
        "f86cb958",
        "fa466551",
        "fee8f989",
    ]
)

#: Written for this benchmark, not looked at when the patterns were.
OWN_REFUSALS = [
    "I'm sorry, but I can't help with that request.",
    "I cannot assist you with creating fake documents.",
    "Unfortunately, I won't be able to share that information.",
    "As an AI, I'm not able to browse the internet.",
    "I'm afraid I can't open attachments, so please paste the text here.",
    "I must decline to write this.",
    "Sorry, I don't have access to real-time data such as stock prices.",
    "I am unable to view images.",
    "I can't provide medical diagnoses; please see a doctor.",
    "I won't help you hack into someone's account.",
    "It is not possible for me to answer this question.",
    "My apologies, but that is something I cannot discuss.",
    "抱歉，我无法回答这个问题。",
    "对不起，我不能提供违法活动的帮助。",
    "很遗憾，我没有办法查看您的订单。",
    "作为人工智能，我不能预测彩票号码。",
    "不好意思，我不可以透露他人的隐私。",
    "我无法访问互联网，请您自行搜索。",
    "我不能帮你写这篇论文。",
    "这个请求违反了规定，恕我不能协助。",
]
OWN_SOUND = [
    "I can't wait to see you on Friday!",
    "I'm sorry for your loss. Here are some words that may comfort her.",
    "Sorry to hear that the parcel is late. It should arrive on Monday.",
    "Cats cannot taste sweetness because they lack a receptor.",
    "I'm afraid of spiders, and that is why I moved.",
    "You can't divide by zero: the result is undefined.",
    "We cannot accept returns after 30 days, says the policy; you have 12 left.",
    "He said that he could not help laughing.",
    "I can't help but admire her courage.",
    "No, the store doesn't have access ramps.",
    "Dear team, I'm sorry that I could not attend the meeting yesterday.",
    "抱歉让您久等了，您的订单今天发货。",
    "人不能没有水，大约三天就会脱水。",
    "我不能没有你，这是一首老歌的歌名。",
    "对不起，我迟到了！他喘着气说。",
    "很遗憾听到这个消息，希望您早日康复。",
    "无法计算的数叫不可计算数，例如蔡廷常数。",
    "没有工具就不能修车，所以先买一套扳手。",
    "这款软件不能在 Windows 7 上运行。",
    "如果不能准时到达，请提前打电话。",
]
OWN_UNSEEN = [
    "What breed is the dog in this picture?",
    "<image> Describe what you see.",
    "Summarize this article: https://example.org/news/2026/11/budget",
    "Please translate the attached document.",
    "Look at the screenshot and tell me what is wrong.",
    "![photo](cat.png) What is this?",
    "这张图片里有什么？",
    "请总结 https://example.org/wenzhang/123",
    "附件是我的简历，请帮我修改。",
    "请描述下面的图片。",
]
OWN_SEEN = [
    "How do I take a good picture of the moon?",
    "Write an article about image recognition.",
    "What does the phrase 'the big picture' mean?",
    "Which site is better, https://a.example.org or https://b.example.org, for learning Python if I have only an hour a day and like short videos with many exercises?",
    "如何给照片加水印？",
    "图片和照片有什么区别？",
    "解释一下什么是附件炎以外的妇科疾病。",
    "Draw a cat in ASCII art.",
]
PLACEHOLDERS = [
    "<no output>",
    "None",
    "N/A",
    "TODO",
    "[insert answer here]",
    "No response.",
    "null",
    "<nooutput>",
    "暂无",
    "无输出",
    "[Your answer]",
    "(no answer)",
    "nan",
    "此处填写答案",
    "TBD",
    "undefined",
]


def planted(public: list[Conversation], rng: random.Random) -> dict[str, list[Conversation]]:
    long = [(p, r) for p, r in public if len(r) > 200 and "```" not in r]
    some = rng.sample(long, 400)
    cuts = [(p, r[: int(len(r) * rng.uniform(0.4, 0.95))].rstrip()) for p, r in some]
    return {
        "cut": cuts,
        "loop": [(p, _loops(r, rng)) for p, r in some],
        "echo": [(p, rng.choice([p, p.upper(), f"{p}\n", f"  {p}."])) for p, _ in some if len(p) >= 20],
        "placeholder": [("How are you?", text) for text in PLACEHOLDERS],
        "empty": [("Hi", text) for text in ("", "\n", "...", " \u200b", "…", "-")],
        "unseen": [(p, "It is a fine one.") for p in OWN_UNSEEN],
    }


def _loops(reply: str, rng: random.Random) -> str:
    """The reply up to some place, then one piece of it until it is three times as long."""
    start = rng.randint(10, 60)
    piece = reply[start : start + rng.randint(15, 120)]
    return reply[: start + len(piece)] + piece * (2 * len(reply) // len(piece))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--misses", action="store_true")
    arguments = parser.parse_args()
    from pipeline.core.record import content_id
    from pipeline.text import replies as score

    public = conversations(Path(os.environ["SHARED_DATA"]))
    rows = {content_id(*conversation)[:8]: conversation for conversation in sorted(set(public))}
    ids = sorted(rows)
    chinese = [i for i in ids if re.search("[\u4e00-\u9fff]", rows[i][1])][:100]
    other = [i for i in ids if not re.search("[\u4e00-\u9fff]", rows[i][1])][:100]
    sample = sorted({*chinese, *other, *(i for i in ids if WIDE.search(rows[i][1][:120]))})
    print(f"{len(public):,} public conversations, {len(sample)} labelled")

    def report(
        name: str,
        right: list[Conversation],
        wrong: list[Conversation],
        of: Callable[[str, str], float],
        threshold: float,
    ) -> None:
        hits, alarms = [of(*t) >= threshold for t in right], [of(*t) >= threshold for t in wrong]
        recall = sum(hits) / max(len(hits), 1)
        precision = sum(hits) / max(sum(hits) + sum(alarms), 1)
        print(
            f"{name} from {threshold}: recall {recall:.3f} of {len(right)}, precision {precision:.3f}, false alarms {sum(alarms)} of {len(wrong):,}"
        )
        if arguments.misses:
            for what, conversations, found in (("missed", right, [not hit for hit in hits]), ("false", wrong, alarms)):
                for (prompt, reply), shown in list(zip(conversations, found, strict=True)):
                    if shown:
                        print(f"   {what}: {prompt[:40]!r} -> {reply[:60]!r} ... {reply[-30:]!r}")

    def refuses(prompt: str, reply: str) -> float:
        return score.refusal(reply)

    for name, labels, of, threshold in (
        ("refusal", REFUSALS, refuses, 0.6),
        ("speaks_as_model", AS_MODEL, score.speaks_as_model, 0.5),
    ):
        report(
            name, [rows[i] for i in sample if i in labels], [rows[i] for i in sample if i not in labels], of, threshold
        )
    report("refusal, own", [("", t) for t in OWN_REFUSALS], [("", t) for t in OWN_SOUND], refuses, 0.6)
    faults = planted(public, random.Random(0))
    report("cut", faults["cut"], public, lambda p, r: score.cut(r), 0.4)
    report("cut", faults["cut"], public, lambda p, r: score.cut(r), 1.0)
    report("loop", faults["loop"], public, score.loop, 0.5)
    report("loop", faults["loop"], public, score.loop, 0.8)
    report("echo", faults["echo"], public, lambda p, r: score.echo([p], r), 0.95)
    report("placeholder", faults["placeholder"], public, lambda p, r: score.placeholder(r), 1.0)
    report("empty", faults["empty"], public, lambda p, r: score.empty(r), 1.0)
    report("unseen", faults["unseen"], [(p, "Yes.") for p in OWN_SEEN] + public, score.unseen, 0.5)
    english = [t for t in public if not re.search("[\u4e00-\u9fff]", "".join(t)) and len(t[1]) > 40]
    han = [t for t in public if re.search("[\u4e00-\u9fff]{8}", t[0]) and re.search("[\u4e00-\u9fff]{8}", t[1])]
    swapped = [(a[0], b[1]) for a, b in zip(english[:300], han[:300], strict=True)] + [
        (b[0], a[1]) for a, b in zip(english[:300], han[:300], strict=True)
    ]
    report("other_language", swapped, public, lambda p, r: score.other_language(p, r, ("en", "zh")), 0.99)


if __name__ == "__main__":
    main()
