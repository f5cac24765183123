"""How much personal data the step `pii` finds, and how much it takes for it that is none, beside presidio.

    python benchmarks/pii.py [sentences] [--presidio PYTHON] [--misses] [--seed N]
    python benchmarks/pii.py [sentences] --countries [--misses] [--seed N]      # the second set: pii_countries.py
    SHARED_DATA=<folder> python benchmarks/pii.py --news                       # 2,000 news texts, where hardly any is

Makes a labelled set (20,000 sentences, English and Chinese, seeded): entities with valid check digits in the forms
that people write them, and hard negatives (order and tracking numbers, versions, dates, prices, ISBNs, numbers with a
wrong check digit, ...). An entity counts as found where a found span of its kind covers it whole and starts and ends
within two characters of it; a span of a kind that is not there is a false alarm. `--presidio` names the Python of an
environment with presidio-analyzer and spacy; it runs with a blank language model and its own patterns of these kinds
(no names, which need a model). `--misses` prints what was missed and what was wrongly found.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import pii_countries  # noqa: E402
from benchmarks.pii_sentences import Span, labelled_set  # noqa: E402


def ours(texts: list[str]) -> list[list[Span]]:
    from pipeline.text.personal_data import find

    return [find(text) for text in texts]


PRESIDIO = """
import json, sys, time
import spacy
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine, SpacyNlpEngine

# No language model: patterns alone.
class Blank(SpacyNlpEngine):
    def __init__(self):
        super().__init__(models=[{"lang_code": "en", "model_name": "blank"}])
        self.nlp = {"en": spacy.blank("en")}
    def load(self):
        pass

NAMES = {"EMAIL_ADDRESS": "email", "CREDIT_CARD": "card", "PHONE_NUMBER": "phone", "IP_ADDRESS": "ip",
         "IBAN_CODE": "iban", "US_SSN": "us_ssn"}
engine = AnalyzerEngine(nlp_engine=Blank(), supported_languages=["en"])
texts = json.load(sys.stdin)
start = time.process_time()
found = [
    [[r.start, r.end, NAMES[r.entity_type]] for r in engine.analyze(text, language="en", entities=list(NAMES))]
    for text in texts
]
json.dump([found, time.process_time() - start], sys.stdout)
"""


def presidio(python: str, texts: list[str]) -> tuple[list[list[Span]], float]:
    done = subprocess.run(
        [python, "-c", PRESIDIO], input=json.dumps(texts), capture_output=True, text=True, check=True
    )  # fmt: skip
    found, cpu = json.loads(done.stdout.strip().splitlines()[-1])
    return [[(a, b, kind) for a, b, kind in spans] for spans in found], cpu


#: What may follow a number within a span: its extension, or at most two characters.
EXTENSION = re.compile(r".{0,2}|\W*(?:ext|x|extension|转)\W*\d{1,6}")


def report(name: str, found: list[list[Span]], data: list[tuple[str, list[Span], str, str]], show: bool) -> None:
    """Recall by kind and language, false alarms by what they were."""
    hits, total, alarms = Counter[tuple[str, str]](), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    wrong = Counter[str]()
    cells = Counter[str]()
    for (text, entities, lang, what), spans in zip(data, found, strict=True):
        cells[what] += 1
        for start, end, kind in entities:
            total[kind, lang] += 1
            same = {kind, "phone"} if kind == "cn_mobile" else {kind}  # presidio has no kind of its own for them
            covers = [
                s
                for s in spans
                if start - 2 <= s[0] <= start and s[2] in same and end <= s[1] and EXTENSION.fullmatch(text[end : s[1]])
            ]
            hits[kind, lang] += bool(covers)
            if show and not covers:
                print(f"  missed {kind}: {text!r} found {[text[a:b] for a, b, _ in spans]}")
        for start, end, kind in spans:
            near = any(
                start < b and a < end and (kind == k or {kind, k} == {"phone", "cn_mobile"}) for a, b, k in entities
            )
            if not near:
                alarms[kind, lang] += 1
                wrong[what] += 1
                if show:
                    print(f"  false {kind}: {text!r} {text[start:end]!r}")
    print(f"{name}\nkind        recall en  zh     precision en  zh")
    kinds = sorted({kind for kind, _ in total})
    for kind in kinds:
        cells_ = []
        for lang in ("en", "zh"):
            cells_.append(f"{hits[kind, lang] / max(total[kind, lang], 1):.3f}")
        for lang in ("en", "zh"):
            said = hits[kind, lang] + alarms[kind, lang]
            cells_.append(f"{hits[kind, lang] / said:.3f}" if said else "  -  ")
        print(f"{kind:12s} " + "  ".join(cells_))
    right = sum(hits.values())
    print(
        f"all: recall {right / sum(total.values()):.4f}, precision {right / max(right + sum(alarms.values()), 1):.4f}"
    )
    shown = ", ".join(f"{what} {n} of {cells[what]}" for what, n in wrong.most_common())
    print(f"false alarms in: {shown or 'none'}")


def countries(count: int, seed: int, show: bool) -> None:
    """Recall and precision by kind on the second set; numbers that were found in part."""
    from pipeline.text.personal_data import find

    examples = pii_countries.labelled_set(count, seed)
    total, hits, alarms, parts = Counter[str](), Counter[str](), Counter[str](), 0
    by_country, wrong = Counter[tuple[str, bool]](), Counter[str]()
    for text, truth, country, what, with_country in examples:
        spans = find(text, (country,) if with_country else ())
        parts += len(list(pii_countries.partial(text, truth, spans)))
        for start, end, kind in truth:
            same = {"phone", "cn_mobile"} if kind == "phone" else {kind}
            hit = any(a <= start + 1 and b >= end - 1 and k in same for a, b, k in spans)
            total[kind] += 1
            hits[kind] += hit
            by_country[country, hit] += kind == "phone"
            if show and not hit:
                print(f"  missed {kind} {country}: {text!r} found {[text[a:b] for a, b, _ in spans]}")
        for start, end, kind in spans:
            if not any(start < b and a < end for a, b, _ in truth):
                alarms["phone" if kind == "cn_mobile" else kind] += 1
                wrong[what] += 1
                if show:
                    print(f"  false {kind} {country}: {text!r} {text[start:end]!r}")
    print(f"{len(examples):,} texts, {len(pii_countries.COUNTRIES)} countries; entities found in part only: {parts}")
    for kind in sorted(total):
        print(
            f"{kind:12s} {total[kind]:5d}  recall {hits[kind] / total[kind]:.3f}"
            f"  precision {_share(hits[kind], alarms[kind])}"
        )
    shares = (
        f"{c} {by_country[c, True]}/{by_country[c, True] + by_country[c, False]}" for c in pii_countries.COUNTRIES
    )
    print(f"telephone numbers by country: {', '.join(shares)}")
    print(f"false alarms: {dict(alarms)} in {dict(wrong)}")


def _share(right: int, false: int) -> str:
    return f"{right / (right + false):.3f}" if right + false else "-"


def news(count: int = 2000) -> None:
    """What is found in news texts, each find shown: agencies' texts hold no private data, hosts and numbers at most."""
    import csv
    import os

    from pipeline.text.personal_data import find

    with (Path(os.environ["SHARED_DATA"]) / "ag_news" / "test.csv").open(encoding="utf-8") as file:
        texts = [" ".join(row[-2:]) for row in csv.reader(file)][:count]
    found = [(text[a:b], kind, text) for text in texts for a, b, kind in find(text)]
    print(f"{len(texts):,} news texts: {len(found)} found")
    for what, kind, text in found:
        print(f"  {kind}: {what!r} in {text[:100]!r}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sentences", type=int, nargs="?", default=20_000)
    parser.add_argument("--presidio", metavar="PYTHON")
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--countries", action="store_true", help="the second set")
    parser.add_argument("--news", action="store_true", help="news texts of $SHARED_DATA")
    arguments = parser.parse_args()
    if arguments.countries:
        return countries(arguments.sentences, arguments.seed, arguments.misses)
    if arguments.news:
        return news()
    data = labelled_set(arguments.sentences, arguments.seed)
    texts = [text for text, *_ in data]
    start = time.process_time()
    found = ours(texts)
    cpu = time.process_time() - start
    report(f"ours, {len(texts) / cpu:,.0f} texts per CPU second", found, data, arguments.misses)
    if arguments.presidio:
        found, cpu = presidio(arguments.presidio, texts)
        report(f"presidio, {len(texts) / cpu:,.0f} texts per CPU second", found, data, False)


if __name__ == "__main__":
    main()
