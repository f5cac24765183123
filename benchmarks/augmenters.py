"""How good children are and how fast they come. Needs SHARED_DATA=<folder>.

python -m benchmarks.augmenters children                   # against plain nlpaug calls: label and meaning kept, speed
python -m benchmarks.augmenters speed [texts] [singles]    # batches against one call a text; 1 % more parents
"""

from __future__ import annotations

import os
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.augmentation import SOURCE, banking77
from pipeline.augment.acceptance import Acceptance
from pipeline.augment.augmenters import METHODS, build
from pipeline.augment.augmenters.request import Request, as_written
from pipeline.augment.candidates import make
from pipeline.augment.params import GateSettings, Params
from pipeline.augment.policy import plan
from pipeline.core.record import Record, content_id
from pipeline.core.settings import Task, load
from pipeline.modeling.models import Models


def cpu() -> float:
    """CPU seconds of this process and of the engines it has started, user and system."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def clocked(work) -> tuple:
    wall, used = time.perf_counter(), cpu()
    result = work()
    return result, time.perf_counter() - wall, cpu() - used


def children() -> None:
    """400 banking77 rows: plain nlpaug calls against our gated children.

    Label kept: a TF-IDF model trained on the data set's other rows, which gate and methods never saw, still gives the
    parent's label. Meaning kept: the parent is the child's nearest of all 400 by word overlap (Jaccard of stems), and
    numbers and negations are as they were. No person looked.
    """
    train, _ = banking77()
    rows = random.Random(0).sample(sorted(set(train)), 2400)
    rows, others = rows[:400], [row for row in train if row not in set(rows)]
    checker = Checker(rows, others)
    task = Task(type="classification", labels=tuple(sorted({label for _, label in train})), languages=("en",))
    print(
        "| method | children | of them label kept | meaning kept | both | children/s (CPU) |\n|---|---|---|---|---|---|"
    )
    for name, rewrite in plain_nlpaug().items():
        rewrite([rows[0][0]])  # warm up
        texts, _, used = clocked(lambda rewrite=rewrite: rewrite([text for text, _ in rows]))
        checker.show(f"nlpaug {name}", rows, texts, used)
    models = load("models", Models)
    gate = Params(keep="always", gate=GateSettings(class_balance_tolerance=None))  # judged is each child for itself
    context = [
        Record(content_id(t), {"text": t}, SOURCE, label, "en", "train", content_id("g", t)) for t, label in rows
    ]
    for name in ("synonyms", "random_swap", "spelling", "back_translation"):
        method = {name: METHODS[name].settings(factor=1.0)}
        build(name, {}, Models())([Request("warm up the engine", "en", content_id("x"))])
        draws = plan(method, context, task, 10**9)
        made, _, used = clocked(lambda m=method, d=draws: make(m, d, context, task, models, require=True).candidates)
        checker.show(f"ours {name}, ungated", [(c.parent.fields["text"], c.parent.target) for c in made],
                     [c.text for c in made], used)  # fmt: skip
        acceptance = Acceptance(context, made, draws, gate, task, models, method)
        kept = [c for c in made if c.child.id not in acceptance.rejected]
        checker.show(f"ours {name}, gated", [(c.parent.fields["text"], c.parent.target) for c in kept],
                     [c.text for c in kept], used)  # fmt: skip


class Checker:
    def __init__(self, rows: list, others: list) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        self._words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        matrix = self._words.fit_transform([t for t, _ in others])
        self._model = LogisticRegression(C=100, max_iter=200).fit(matrix, [label for _, label in others])
        self._pool = [stems(text) for text, _ in rows]
        self._place = {text: n for n, (text, _) in enumerate(rows)}

    def show(self, name: str, rows: list, texts: list, used: float) -> None:
        pairs = [(t, p, label) for t, (p, label) in zip(texts, rows, strict=True) if t.strip() and t != p]
        guesses = self._model.predict(self._words.transform([t for t, _, _ in pairs]))
        # A parent that the checker itself gets wrong says nothing about its child.
        fair = self._model.predict(self._words.transform([p for _, p, _ in pairs])) == [x for *_, x in pairs]
        label = np.array([guess == x for guess, (*_, x) in zip(guesses, pairs, strict=True)])
        meaning = np.array([self._means(child, parent) for child, parent, _ in pairs])
        rate = len(pairs) / max(used, 1e-9)
        print(f"| {name} | {len(pairs)} | {label[fair].mean():.3f} | {meaning.mean():.3f} | "
              f"{(label & meaning)[fair].mean():.3f} | {rate:,.1f} |", flush=True)  # fmt: skip

    def _means(self, child: str, parent: str) -> bool:
        from pipeline.augment.gate.structure import lost_structure

        own = stems(child)
        likeness = [len(own & other) / max(len(own | other), 1) for other in self._pool]
        return likeness[self._place[parent]] == max(likeness) and not lost_structure(parent, child, ())


def stems(text: str) -> set[str]:
    return {word[:5] for word in "".join(c if c.isalnum() else " " for c in text.lower()).split()}


def plain_nlpaug() -> dict:
    """nlpaug as its own README calls it, text by text; only what does not run here at all is replaced.

    SynonymAug's tagger needs a download: textblob's is put in its place. BackTranslationAug has no weights here: it
    gets Apertium, one process per text.
    """
    import nlpaug.augmenter.char as nac
    import nlpaug.augmenter.word as naw
    from nlpaug.model.word_dict.wordnet import WordNet
    from textblob.en import parser

    from pipeline.augment.augmenters.apertium import open_direction
    from pipeline.augment.augmenters.wordnet import find_wordnet, open_wordnet

    reader = open_wordnet(str(find_wordnet()))
    WordNet.pos_tag = lambda self, tokens: parser.find_tags(list(tokens))
    WordNet.read = lambda self: reader
    WordNet.predict = lambda self, word, pos=None: sorted(
        {lemma.name() for s in reader.synsets(word, pos=pos) for lemma in s.lemmas() if lemma.name() != word}
    )
    (_, there), (_, back) = open_direction("eng-spa"), open_direction("spa-eng")

    def each(augmenter):
        return lambda texts: [str((augmenter.augment(text) or [""])[0]) for text in texts]

    def one_by_one(texts: list[str]) -> list[str]:
        return [back(there([text]))[0] for text in texts[:40]] + ["" for _ in texts[40:]]

    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - nlpaug draws from it
    return {
        "SynonymAug": each(naw.SynonymAug(aug_src="wordnet")),
        "RandomWordAug(swap)": each(naw.RandomWordAug(action="swap")),
        "KeyboardAug": each(nac.KeyboardAug()),
        "back-translation, a call a text (40 texts)": one_by_one,
    }


def speed(many: int, few: int) -> None:
    """Engines in batches against one call a sentence, and what 1 % more parents cost."""
    train, _ = banking77()
    texts = [text for text, _ in sorted(set(train), key=lambda row: content_id(row[0]))]
    requests = [Request(" ".join(text.split()), "en", content_id(text)) for text in texts]
    engines: dict[str, tuple[dict, int, int]] = {"back_translation": ({}, many, few)}
    if load("models", Models).generator or os.environ.get("SFT_GENERATOR"):
        engines["generation"] = ({"max_tokens": 24}, 32, 4)
    for name, (values, many, few) in engines.items():
        if many + many // 100 + few >= len(requests):
            sys.exit(f"speed: {many:,} texts and {few} alone are more than the {len(requests):,} there are.")
        with own_cache():
            run(name, values, requests[-few - 1 : -few])  # imports, once for all that follows
            together, wall, used = clocked(lambda n=name, v=values, m=many: run(n, v, requests[:m]))
            one = clocked(lambda n=name, v=values, f=few: [run(n, v, [r]) for r in requests[-f:]])
            more, again_wall, again = clocked(
                lambda n=name, v=values, m=many: run(n, v, requests[m // 100 : m + m // 100])
            )
            _, idle_wall, idle = clocked(lambda n=name, v=values, m=many: run(n, v, requests[:m]))
        assert more[: -(many // 100) or None] == together[many // 100 :]
        print(f"{name}: {many / wall:.1f} texts/s in batches ({many / used:.1f} per CPU s); {few / one[1]:.2f} one by "
              f"one ({few / one[2]:.2f} per CPU s): {one[1] / few / (wall / many):.0f} times by the clock, "
              f"{one[2] / few / (used / many):.0f} times by CPU")  # fmt: skip
        runs = (("nothing kept", wall, used), ("1 % new", again_wall, again), ("none new", idle_wall, idle))
        for what, seconds, share in runs:
            print(f"  {many} texts, {what}: {seconds:.2f} s, CPU {share:.2f} s ({share / used:.1%})", flush=True)


def run(name: str, values: dict, requests: list[Request]) -> list[str]:
    return [as_written(result).text for result in build(name, values, load("models", Models))(requests)]


class own_cache:
    """An empty record cache; packages that were fetched stay at hand."""

    def __enter__(self) -> None:
        before = Path(os.environ.get("SFT_CACHE", ".cache")).resolve()
        self._folder, self._before = tempfile.TemporaryDirectory(), str(before)
        for name in ("packages", "nltk_data", "models"):
            if (before / name).is_dir():
                (Path(self._folder.name) / name).symlink_to(before / name)
        os.environ["SFT_CACHE"] = self._folder.name

    def __exit__(self, *_: object) -> None:
        os.environ["SFT_CACHE"] = self._before
        self._folder.cleanup()


def main() -> None:
    what, *sizes = [*sys.argv[1:], ""]
    if what == "children":
        children()
    elif what == "speed":
        speed(*(int(size) for size in [*sizes[:-1], *["3000", "20"][len(sizes) - 1 :]]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
