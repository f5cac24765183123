"""How much planted damage the step `repair_text` undoes, beside ftfy alone, and how many sound texts it touches.

    SHARED_DATA=<folder> python -m benchmarks.text_repair [texts] [--misses]
    SHARED_DATA=<folder> python -m benchmarks.text_repair --chats [--every-other 1]

Damage is made from real English and Chinese texts by wrong decodings, one kind at a time. A text counts as restored
where the repaired damage equals the repaired original, so that white space and the like do not matter; a text that a
kind of damage does not change is left out. `lossy` kinds lost bytes in the wrong decoding (errors="replace"): of
these the share of characters is given that came back. ftfy runs with the settings that ours gives it (curly quotes
and full-width forms stay).

`--chats`: with the settings of a chat project, where nothing but prose is changed: how much of the damage in real
instructions and replies still comes back; of text_repair/code.txt (lines of code, logs, data and markup under
discussion), alone and amid prose, none may change; of text_repair/prose.txt, damaged, all should come back.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import difflib
import html
import json
import os
import random
import re
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import ftfy
from ftfy import bad_codecs

from pipeline.clean.step import Context
from pipeline.clean.steps.repair_text import RepairText, repair_text, repairer
from pipeline.core.conversation import Message
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_records, to_table
from pipeline.text.code_regions import code_regions

bad_codecs.ok()
PLAIN = ftfy.TextFixerConfig(
    unescape_html=False, uncurl_quotes=False, fix_latin_ligatures=False, fix_character_width=False, explain=False
)


def rows(folder: Path) -> Iterator[tuple[str, str]]:
    """(language, text) of public sets."""
    with (folder / "ag_news/test.csv").open(encoding="utf-8") as file:
        yield from (("en", " ".join(row[-2:])) for row in csv.reader(file))
    for name in ("en", "zh"):
        for article in json.loads((folder / f"xquad/xquad.{name}.json").read_text("utf-8"))["data"]:
            yield from ((name, paragraph["context"]) for paragraph in article["paragraphs"])
    for line in (folder / "gsm8k/test.jsonl").read_text("utf-8").splitlines():
        yield "en", json.loads(line)["question"]
    with (folder / "waimai_10k/waimai_10k.csv").open(encoding="utf-8") as file:
        yield from (("zh", row["review"]) for row in csv.DictReader(file))
    for line in (folder / "csl_zh/ts_dev.tsv").read_text("utf-8").splitlines():
        yield "zh", line.split("\t")[1]
    for text in re.findall(r'"text": "([^"\\]*)"', (folder / "cluener/train.json").read_text("utf-8")):
        yield "zh", text


def is_sound(text: str) -> bool:
    """Whether nothing marks the text as damaged: NFC, no entity, tag, control character, doubled or odd white space."""
    odd = any(unicodedata.category(c) in ("Cc", "Cf", "Co", "Cn") or c in "\ufffd\xa0\u3000" for c in text)
    marked = "&" in text or "<" in text or "#" in text
    return not odd and not marked and text == " ".join(text.split()) and unicodedata.is_normalized("NFC", text)


def typographic(text: str, rng: random.Random) -> str:
    """The text with the signs of a word processor: curly quotes, dashes, an ellipsis, an accented word."""
    text = text.replace("'", "’").replace("--", "—").replace("...", "…").replace(" - ", " – ")
    words = text.split(" ")
    place = rng.randrange(len(words))
    words[place] = f"“{words[place]}”"
    words.insert(
        rng.randrange(len(words) + 1), rng.choice(["café", "naïve", "Müller", "résumé", "São", "jalapeño", "—"])
    )
    return " ".join(words)


def wrong(write: str, read: str, times: int = 1, errors: str = "strict") -> Callable[[str], str]:
    def damage(text: str) -> str:
        for _ in range(times):
            text = text.encode(write).decode(read, errors)
        return text

    return damage


#: name -> (languages, what it does)
KINDS: dict[str, tuple[str, Callable[[str], str]]] = {
    "UTF-8 read as latin-1": ("en zh", wrong("utf-8", "latin-1")),
    "UTF-8 read as cp1252": ("en zh", wrong("utf-8", "cp1252")),
    "UTF-8 read as sloppy cp1252": ("en zh", wrong("utf-8", "sloppy-windows-1252")),
    "UTF-8 read as latin-1, twice": ("en zh", wrong("utf-8", "latin-1", 2)),
    "UTF-8 read as sloppy cp1252, twice": ("en zh", wrong("utf-8", "sloppy-windows-1252", 2)),
    "UTF-8 read as cp437": ("en", wrong("utf-8", "cp437")),
    "UTF-8 read as mac-roman": ("en", wrong("utf-8", "mac-roman")),
    "UTF-8 read as GBK": ("en zh", wrong("utf-8", "gbk")),
    "UTF-8 read as GB18030": ("en zh", wrong("utf-8", "gb18030")),
    "UTF-8 read as GB18030, twice": ("zh", wrong("utf-8", "gb18030", 2)),
    "GBK read as latin-1": ("zh", wrong("gbk", "latin-1")),
    "GBK read as cp1252": ("zh", wrong("gbk", "cp1252")),
    "GBK read as sloppy cp1252": ("zh", wrong("gbk", "sloppy-windows-1252")),
    "GBK read as latin-1, that as UTF-8 as latin-1": (
        "zh",
        lambda text: wrong("utf-8", "latin-1")(wrong("gbk", "latin-1")(text)),
    ),
    "lossy: UTF-8 read as GBK": ("en zh", wrong("utf-8", "gbk", errors="replace")),
    "lossy: UTF-8 read as cp1252": ("en zh", wrong("utf-8", "cp1252", errors="replace")),
}  # fmt: skip


def same_share(a: str, b: str) -> float:
    return sum(block.size for block in difflib.SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()) / len(
        b
    )


def line(kind: str, lang: str, pairs: list[tuple[str, str]], misses: bool) -> None:
    ours, lossy = repairer(RepairText()), kind.startswith("lossy")
    tools: dict[str, Callable[[str], str]] = {"ours": ours, "ftfy": lambda text: ftfy.fix_text(text, PLAIN)}
    shares = {}
    for name, tool in tools.items():
        scores = []
        for text, damaged in pairs:
            repaired, wanted = tool(damaged), tool(text)
            scores.append(same_share(repaired, wanted) if lossy else float(repaired == wanted))
            if misses and name == "ours" and scores[-1] < 1 and not lossy:
                print(f"    {damaged[:80]!r} -> {repaired[:80]!r}, was {wanted[:80]!r}")
        shares[name] = sum(scores) / len(scores)
    print(f"{kind:48s} {lang}  {len(pairs):5d}  {shares['ours']:.4f}  {shares['ftfy']:.4f}")


#: Where a line stands in a reply: alone, amid English and amid Chinese.
AROUND = ("{}", "Put this in:\n{}\nIt works, and that is all.", "加入这一行：\n{}\n然后保存就可以了。")
LINES = Path(__file__).parent / "text_repair"


def chats(folder: Path, every_other: int | None) -> None:
    """Print what comes back of damaged chats, and which lines of code and of prose change, alone and amid prose."""
    texts: list[str] = []
    for name in ("dolly_3k.json", "oaast_sft_zh.json"):
        for row in json.loads((folder / "instruct_seeds" / name).read_text("utf-8")):
            texts += [text for text in (row["instruction"], row["input"], row["output"]) if text]
    texts = [text for text in texts if not code_regions(text)]
    tidy = replies(texts)
    print(f"public chats: {sum(a != b.strip() for a, b in zip(tidy, texts, strict=True)):,} of {len(texts):,} changed")
    for kind, damage in DAMAGES.items():
        restored(kind, tidy, damage)
    part = slice(every_other, None, None if every_other is None else 2)
    code = [line for line in (LINES / "code.txt").read_text("utf-8").splitlines() if line][part]
    for around in AROUND:
        wanted = [around.replace("{}", line) for line in code]
        changed = [line for line, a, b in zip(code, replies(wanted), wanted, strict=True) if a.strip() != b.strip()]
        print(f"code, {around[:12]!r}: {len(changed)} of {len(code)} changed {changed}")
    prose = [line for line in (LINES / "prose.txt").read_text("utf-8").splitlines() if line][part]
    for kind, damage in DAMAGES.items():
        restored(kind, prose, damage, name=True)


def restored(kind: str, texts: list[str], damage: Callable[[str], str], name: bool = False) -> None:
    """Print the share of damaged texts that come back, by us and by ftfy with entities decoded."""
    pairs = []
    for text in texts:
        with contextlib.suppress(UnicodeError):
            pairs.append((text, damage(text)))
    pairs = [(text, bad) for text, bad in pairs if text != bad]
    back = replies([bad for _, bad in pairs])
    misses = [text for (text, _), mended in zip(pairs, back, strict=True) if mended != text.strip()]
    by_ftfy = sum(ftfy.fix_text(bad, CHATS).strip() == ftfy.fix_text(text, CHATS).strip() for text, bad in pairs)
    share = 1 - len(misses) / len(pairs)
    print(f"{kind}: {share:.4f} of {len(pairs):,} come back, ftfy {by_ftfy / len(pairs):.4f} {misses if name else ''}")


def replies(texts: list[str]) -> list[str]:
    """Replies of chats, repaired by the step."""
    task = Task(type="chat", languages=("en", "zh"))
    asked = {"messages": [Message("user", "Hello").as_dict()], "tools": None, "template_arguments": None}
    source = Source("web", "files", "chats.jsonl", 2, "MIT", "train", False)
    records = [Record(str(n), asked, source, Message("assistant", text).as_dict()) for n, text in enumerate(texts)]
    kept = to_records(repair_text(to_table(records, schema(task)), RepairText(), Context(task)).kept)
    return [record.target["content"] for record in kept]


NAMED = {
    "“": "&ldquo;",
    "”": "&rdquo;",
    "’": "&rsquo;",
    "é": "&eacute;",
    "—": "&mdash;",
    "–": "&ndash;",
    "…": "&hellip;",
}
DAMAGES: dict[str, Callable[[str], str]] = {
    "entities": lambda text: html.escape(text, quote=True),
    "named entities": lambda text: re.sub(".", lambda m: NAMED.get(m[0], m[0]), text),
    "UTF-8 read as latin-1": wrong("utf-8", "latin-1"),
    "UTF-8 read as sloppy cp1252": wrong("utf-8", "sloppy-windows-1252"),
}
CHATS = PLAIN._replace(unescape_html=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=int, nargs="?", default=1000, help="texts of each language and kind")
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--chats", action="store_true", help="chats, and code in them")
    parser.add_argument("--every-other", type=int, choices=(0, 1), help="of the lines of code and prose; 1: held back")
    arguments = parser.parse_args()
    if arguments.chats:
        chats(Path(os.environ["SHARED_DATA"]), arguments.every_other)
        return
    rng = random.Random(0)
    sound = [(lang, text) for lang, text in rows(Path(os.environ["SHARED_DATA"])) if is_sound(text)]
    ours = repairer(RepairText())
    start = time.process_time()
    touched = [(text, ours(text)) for _, text in sound if ours(text) != text]
    cpu = time.process_time() - start
    print(f"sound texts: {len(sound):,}, touched {len(touched):,} ({1 - len(touched) / len(sound):.5f} untouched)")
    print(
        f"{len(sound) / cpu:,.0f} texts per CPU second; taken for code {sum(bool(code_regions(t)) for _, t in sound):,}"
    )
    for before, after in touched[:20]:
        print(f"    {before[:100]!r} -> {after[:100]!r}")
    print(f"\n{'kind':48s} lang  texts  ours    ftfy")
    for kind, (langs, damage) in KINDS.items():
        for lang in langs.split():
            texts = [text for of, text in sound if of == lang]
            pairs = []
            for text in rng.sample(texts, len(texts)):
                text = typographic(text, rng) if lang == "en" else text
                try:
                    damaged = damage(text)
                except UnicodeError:
                    continue
                if damaged != text:
                    pairs.append((text, damaged))
                if len(pairs) == (arguments.texts if not kind.startswith("lossy") else min(arguments.texts, 200)):
                    break
            if pairs:
                line(kind, lang, pairs, arguments.misses)


if __name__ == "__main__":
    main()
