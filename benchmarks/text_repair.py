"""How much planted damage the step `repair_text` undoes, beside ftfy alone, and how many sound texts it touches.

    SHARED_DATA=<folder> python -m benchmarks.text_repair [texts] [--misses]
    SHARED_DATA=<folder> python -m benchmarks.text_repair --chats

Damage is made from real English and Chinese texts by wrong decodings, one kind at a time. A text counts as restored
where the repaired damage equals the repaired original, so that white space and the like do not matter; a text that a
kind of damage does not change is left out. `lossy` kinds lost bytes in the wrong decoding (errors="replace"): of
these the share of characters is given that came back. ftfy runs with the settings that ours gives it (curly quotes
and full-width forms stay).

`--chats`: with the settings of a chat project, where single lines and pieces of code stay as they are: how much of the
damage in real instructions and replies still comes back, and how much damage-like code of our own stays.
"""

from __future__ import annotations

import argparse
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
from dataclasses import replace
from pathlib import Path

import ftfy
from ftfy import bad_codecs

from pipeline.clean.steps.repair_text import RepairText, repairer, repairs
from pipeline.core.settings import Task
from pipeline.text.code_regions import code_regions
from pipeline.text.repair import Repairer

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


#: Code with signs that repair would change, as people write it into a reply without a fence.
CODE = (
    "x = s.replace('&nbsp;', ' ')", "$ curl 'http://x.example/?a=1&amp;b=2'", ">>> html.unescape('&lt;p&gt;')",
    "SELECT * FROM t WHERE name LIKE '%&amp;%';", "the regex ^(?:&lt;|&gt;)+$ here", "C:\\Tom &amp; Ann\\a.txt",
    "/srv/Tom&amp;Ann/x.txt", "$a &amp; b_1$ in LaTeX", "git commit -m 'Tom &amp; Ann'", "if (a &amp;&amp; b) {",
    "std::vector&lt;int&gt; v;", 'export TITLE="Tom &amp; Ann"', "s/&amp;/and/g", '=SUBSTITUTE(A1,"&amp;","&")',
    '{"a": "Tom &amp; Ann"}', "RUN echo '&amp;' > x", "0 3 * * * /usr/bin/x &amp;&amp; y", "{{ title|e('&amp;') }}",
    "ValueError: '&lt;' is no sign", "kubectl get pods -l 'a=b' &gt; out.txt", "element.innerHTML = '5 &gt; 3';",
    "用 s.replace('&amp;', '&') 即可", "执行 git log --format='%an &lt;%ae&gt;' 查看", "s = 'schÃ¶n'.encode('latin-1')",
    "name: Tom &amp; Ann", "id,name\n1,Tom &amp; Ann", "mov eax, [ebx] &amp; 1", "RewriteRule ^a$ b&amp;c [L]",
)  # fmt: skip


def chats(folder: Path) -> None:
    """Print what comes back of damaged chats, with and without single lines of code, and which code stays."""
    wanted = repairs(RepairText(), Task(type="chat", languages=("en", "zh")))
    careful, other = Repairer(wanted), Repairer(replace(wanted, single_code=False))
    texts: list[str] = []
    for name in ("dolly_3k.json", "oaast_sft_zh.json"):
        for row in json.loads((folder / "instruct_seeds" / name).read_text("utf-8")):
            texts += [text for text in (row["instruction"], row["input"], row["output"]) if text]
    texts = [text for text in texts if not code_regions(text)]
    damages: dict[str, Callable[[str], str]] = {
        "entities": lambda text: html.escape(text, quote=True),
        "UTF-8 read as latin-1": wrong("utf-8", "latin-1"),
    }
    for kind, damage in damages.items():
        pairs = [(text, damage(text)) for text in texts if damage(text) != text]
        back = [sum(one(bad) == one(text) for text, bad in pairs) / len(pairs) for one in (careful, other)]
        print(f"{kind}: {back[0]:.4f} of {len(pairs):,} come back, {back[1]:.4f} where single lines are no code")
    changed = [text for text in CODE if careful(text) != text]
    print(f"code: {len(CODE) - len(changed)} of {len(CODE)} stay; changed: {changed}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=int, nargs="?", default=1000, help="texts of each language and kind")
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--chats", action="store_true", help="chats, and code in them")
    arguments = parser.parse_args()
    if arguments.chats:
        chats(Path(os.environ["SHARED_DATA"]))
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
