"""Whoever asks the code a question in plain words finds the file: its name, docstrings and comments hold the words."""

from __future__ import annotations

import ast
import math
import re
from collections import Counter, defaultdict
from functools import cache

import pytest

from tests.conftest import ROOT

#: Words that say nothing of what is sought.
STOP = {"a", "an", "and", "are", "as", "be", "by", "does", "for", "from", "how", "i", "in", "into", "is", "it", "its"}
STOP |= {"of", "on", "one", "or", "that", "the", "them", "this", "to", "two", "what", "when", "where", "which", "who"}
STOP |= {"why", "with"}

#: How many of the first files somebody who searches looks into.
LOOKED_AT = 3

#: Saturation and length normalisation of BM25: the usual middle values (Robertson and Zaragoza 2009,
#: https://doi.org/10.1561/1500000019).
K1, B = 1.2, 0.75
#: What a file is called and says of itself weighs more than its body (BM25F, Robertson, Zaragoza and Taylor 2004,
#: https://doi.org/10.1145/1031171.1031181, weighs titles so; they tune it between 5 and 20).
HEADING = 5

QUESTIONS = [
    ("where is the auto-fix threshold decided?", {"clean/label_errors/decide.py"}),
    ("in which order are annotators asked?", {"annotation/acquisition.py"}),
    ("how is chat loss masked?", {"modeling/lm/loss_masking.py", "modeling/lm/chat_template.py"}),
    ("what counts as personal data?", {"text/personal_data.py"}),
    ("when are two texts near duplicates?", {"text/similarity.py", "clean/steps/near_duplicates.py"}),
    (
        "which predicted probabilities are out-of-fold?",
        {"clean/label_errors/detectors/contract.py", "clean/label_errors/detectors/single_labels.py"},
    ),
    ("how are crowd votes merged into one label?", {"label/merge.py"}),
    ("how are records assigned to splits?", {"clean/steps/splits.py"}),
    ("does augmentation help: who decides whether a method is kept?", {"augment/ablation/search.py"}),
    ("how is the learning rate of each layer set?", {"modeling/training/strategies.py"}),
    ("why does a validation expectation stop the run?", {"validate/run.py", "validate/gx.py"}),
    ("where does a bad row go into quarantine?", {"collect/rows.py", "collect/gather.py"}),
]


def words(text: str) -> list[str]:
    """Words and parts of names, in small letters, without the commonest endings."""
    found = re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower())
    return [re.sub(r"(?<=[a-z]{3})(ing|ed|es|s|e)$", "", word) for word in found if word not in STOP]


@cache
def library() -> dict[str, Counter[str]]:
    """File of the package -> how often each word stands in it; its path and module docstring count HEADING times."""
    found = {}
    for path in sorted((ROOT / "pipeline").rglob("*.py")):
        name, text = path.relative_to(ROOT / "pipeline").as_posix(), path.read_text("utf-8")
        heading = f"{name}\n{ast.get_docstring(ast.parse(text)) or ''}\n"
        found[name] = Counter(words(heading * HEADING + text))
    return found


def search(question: str) -> list[str]:
    """The files that fit best by BM25, as a full-text search ranks them."""
    files = library()
    mean = sum(counts.total() for counts in files.values()) / len(files)
    scores: dict[str, float] = defaultdict(float)
    for word in set(words(question)):
        holding = {name: counts[word] for name, counts in files.items() if counts[word]}
        rarity = math.log(1 + (len(files) - len(holding) + 0.5) / (len(holding) + 0.5))
        for name, count in holding.items():
            scores[name] += rarity * count * (K1 + 1) / (count + K1 * (1 - B + B * files[name].total() / mean))
    return [name for name, _ in sorted(scores.items(), key=lambda one: one[1], reverse=True)[:LOOKED_AT]]


@pytest.mark.parametrize(("question", "places"), QUESTIONS, ids=[question for question, _ in QUESTIONS])
def test_the_file_is_found_by_the_words_of_the_question(question: str, places: set[str]) -> None:
    assert all((ROOT / "pipeline" / place).is_file() for place in places)
    assert places & set(search(question)), search(question)


def test_a_question_about_nothing_here_finds_nothing() -> None:
    assert search("zebra quagga") == []
