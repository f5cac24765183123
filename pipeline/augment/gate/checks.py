"""The gate: what is wrong with each child, if anything. Cheap questions first.

Reasons, in order: the method's own (echo, endless, too_long, no_class, no_words, empty), structure_lost where the
annotations could not be carried over, empty, unchanged, structure_lost, near_duplicate, meaning_changed, too_similar,
label_changed, not_fluent; and uneven, in class_balance.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.augment.candidates import Candidate
from pipeline.augment.gate.structure import lost_structure
from pipeline.augment.params import GateSettings
from pipeline.augment.policy import MethodSettings
from pipeline.augment.text_features import TextFeatures
from pipeline.core.errors import shorten
from pipeline.core.record import Record, share
from pipeline.core.settings import Task
from pipeline.modeling.features import linear
from pipeline.modeling.lm.scores import losses
from pipeline.modeling.models import Model
from pipeline.runtime.stage import Drop
from pipeline.stats.histogram import Histogram, histogram
from pipeline.tasks import TaskType, task_type
from pipeline.text.similarity import copies_of_earlier, most_similar

#: Child id -> why it is rejected. Accepted children are not in it.
Verdicts = dict[str, Drop]


def check_texts(candidates: Sequence[Candidate], task: Task) -> Verdicts:
    """The method's own doubts, and questions that the two texts answer: empty, unchanged, structure_lost."""
    found = {c.child.id: _text_problem(c, task) for c in candidates}
    return {name: drop for name, drop in found.items() if drop}


def check_near_duplicates(
    candidates: Sequence[Candidate], records: Sequence[Record], task: Task, max_jaccard: float
) -> Verdicts:
    """near_duplicate: a near-duplicate of a record of any split other than its parent, or of an earlier child.

    Compared is what augmentation rewrites: a context that a question shares with others is no copy.
    """
    kind = task_type(task)
    row = {record.id: n for n, record in enumerate(records)}
    texts = [kind.augmentable(c.child) for c in candidates]
    others = [kind.augmentable(record) for record in records]
    closest = most_similar(texts, others, [row[c.parent.id] for c in candidates])
    verdicts = {
        candidate.child.id: _copy_of(records[other], others[other], score)
        for candidate, (score, other) in zip(candidates, closest, strict=True)
        if score >= max_jaccard
    }
    fresh = [n for n, c in enumerate(candidates) if c.child.id not in verdicts]
    for n, earlier in copies_of_earlier([texts[n] for n in fresh], max_jaccard).items():
        other_child = candidates[fresh[earlier]].child
        detail = f"a near-duplicate of an earlier augmented example: {shorten(texts[fresh[earlier]])}"
        verdicts[candidates[fresh[n]].child.id] = Drop("near_duplicate", detail, other_child.id)
    return verdicts


def _copy_of(record: Record, text: str, score: float) -> Drop:
    detail = f"similarity {score:.2f} with a {record.split} record: {shorten(text)}"
    return Drop("near_duplicate", detail, record.id)


def check_meaning(
    candidates: Sequence[Candidate],
    features: TextFeatures,
    settings: GateSettings,
    task: Task,
    own: Mapping[str, MethodSettings] | None = None,
) -> Verdicts:
    """meaning_changed, too_similar: the cosine of child and parent lies outside the band.

    `own` are the methods' settings, whose bands go before the gate's.
    """
    kind = task_type(task)
    if not candidates:
        return {}
    scores = features.cosine(
        [kind.augmentable(c.child) for c in candidates], [kind.augmentable(c.parent) for c in candidates]
    )
    verdicts: Verdicts = {}
    for candidate, score in zip(candidates, scores, strict=True):
        low, high = _band(candidate, features, settings, own)
        if score < low:
            verdicts[candidate.child.id] = Drop(
                "meaning_changed", f"cosine {score:.3f} with its source example, below {low}"
            )
        elif score > high + 1e-6:
            verdicts[candidate.child.id] = Drop(
                "too_similar", f"cosine {score:.3f} with its source example, above {high}"
            )
    return verdicts


def meaning_histogram(
    candidates: Sequence[Candidate], features: TextFeatures, settings: GateSettings, task: Task
) -> dict[str, Histogram]:
    """How alike examples and their sources are, new texts left out, with the gate's band."""
    kind = task_type(task)
    rewritten = [c for c in candidates if not c.is_new]
    if not rewritten:
        return {}
    pairs = [[kind.augmentable(record) for record in (c.child, c.parent)] for c in rewritten]
    low, high = _gate_band(features, settings)
    found = histogram(features.cosine(*zip(*pairs, strict=True)), {"min_cosine": low, "max_cosine": high})
    return {"cosine_tfidf" if features.is_tfidf else "cosine": found} if found else {}


def check_fluency(candidates: Sequence[Candidate], model: Model, settings: GateSettings, task: Task) -> Verdicts:
    """not_fluent: the language model is that much more surprised by the child, per token, than by its parent.

    New texts are not asked: another text's perplexity says nothing of theirs (a class's name is short and rare).
    """
    kind = task_type(task)
    limit = settings.max_perplexity_ratio
    candidates = [c for c in candidates if not c.is_new]
    if limit is None or not candidates:
        return {}
    pairs = [(None, kind.augmentable(record)) for c in candidates for record in (c.child, c.parent)]
    found = losses(model, pairs)
    gaps = (child.mean - parent.mean for child, parent in zip(found[::2], found[1::2], strict=True))
    ratios = {c.child.id: math.exp(min(gap, 50.0)) for c, gap in zip(candidates, gaps, strict=True)}
    why = "perplexity {:.2f} times that of its source example, above {}"
    return {name: Drop("not_fluent", why.format(ratio, limit)) for name, ratio in ratios.items() if ratio > limit}


def check_labels(
    candidates: Sequence[Candidate],
    parents: Sequence[Record],
    features: TextFeatures,
    settings: GateSettings,
    task: Task,
) -> Verdicts:
    """label_changed: a model that saw neither the parent nor its group gives the child another label.

    Where it misjudges the parent too it knows little about such texts, and only a clear drop of the label's probability
    counts: else the children of hard texts and thin classes would go, and the rest would be one-sided.
    """
    kind = task_type(task)
    if not candidates:  # then the parents' features were not computed either
        return {}
    labels = np.array([str(kind.stratum(record)) for record in parents])
    folds = np.array([fold(record, settings.folds) for record in parents])
    matrix = features.rows(list(map(kind.main_text, parents)))
    asked = [c for c in candidates if not c.label_is_given]
    verdicts: Verdicts = {}
    for number in range(settings.folds):
        part = [c for c in asked if fold(c.parent, settings.folds) == number]
        seen = np.flatnonzero(folds != number)
        known = labels[seen].tolist()
        if not part or len(set(known)) < 2:
            continue
        head = linear.fit(matrix[seen], known)
        verdicts |= _changed_labels(part, head, features, settings, kind)
    return verdicts


def _changed_labels(
    part: Sequence[Candidate], head: linear.LinearHead, features: TextFeatures, settings: GateSettings, kind: TaskType
) -> Verdicts:
    """Those to which a model that does not know their parents gives another label."""
    scores = head.probabilities(features.rows([kind.main_text(c.child) for c in part]))
    before = head.probabilities(features.rows([kind.main_text(c.parent) for c in part]))
    verdicts: Verdicts = {}
    for candidate, row, was in zip(part, scores, before, strict=True):
        problem = _label_problem(str(kind.stratum(candidate.parent)), head.labels, row, was, settings)
        if problem:
            verdicts[candidate.child.id] = Drop("label_changed", problem)
    return verdicts


def fold(record: Record, folds: int) -> int:
    """Which fold a record and its whole group are in; depends on nothing else."""
    return int(share("augment fold", record.group or record.id) * folds)


def _gate_band(features: TextFeatures, gate: GateSettings) -> tuple[float, float]:
    if features.is_tfidf:
        return gate.min_cosine_tfidf, gate.max_cosine_tfidf
    low = features.cosines.meaning if gate.min_cosine is None else gate.min_cosine
    return low, features.cosines.unchanged if gate.max_cosine is None else gate.max_cosine


def _band(
    candidate: Candidate, features: TextFeatures, gate: GateSettings, own: Mapping[str, MethodSettings] | None
) -> tuple[float, float]:
    """Lowest and highest cosine with the parent. A new text need not mean what its parent does."""
    low, high = _gate_band(features, gate)
    if candidate.is_new:
        low = -1.0
    method = (own or {}).get(candidate.method)
    return (low, high) if method is None else (_or(method.min_cosine, low), _or(method.max_cosine, high))


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _text_problem(candidate: Candidate, task: Task) -> Drop | None:
    parent = task_type(task).augmentable(candidate.parent)
    if candidate.problem:
        return Drop(candidate.problem, f"{candidate.detail}; the text was: {shorten(candidate.text)}")
    if candidate.broken:
        return Drop("structure_lost", candidate.broken)
    if not candidate.text.strip():
        return Drop("empty", "the method gave no text")
    if candidate.text.casefold().split() == parent.casefold().split():
        return Drop("unchanged", "the text is that of its source example")
    if candidate.is_new:
        return None
    lost = lost_structure(parent, candidate.text, task_type(task).protected(candidate.parent))
    return Drop("structure_lost", lost) if lost else None


def _label_problem(label: str, names: tuple[str, ...], row: Any, parent: Any, settings: GateSettings) -> str:
    """What the model says against the child's label; `row` and `parent` are probabilities of child and parent."""
    if label not in names:  # the model saw no example of it
        return ""
    own = names.index(label)
    guess, probability = int(row.argmax()), float(row[own])
    if guess == own or probability >= settings.min_label_probability:
        return ""
    if int(parent.argmax()) != own and probability >= float(parent[own]) - settings.max_label_probability_drop:
        return ""
    return (
        f"a model that never saw its source example says '{names[guess]}' ({float(row.max()):.2f}), '{label}' only "
        f"{probability:.2f} (of the source example: {float(parent[own]):.2f})"
    )
