"""Whether the model serves groups of people alike: gaps between groups that texts mention, and swapped mentions."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from operator import itemgetter
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from pipeline.core.record import Record, share
from pipeline.core.settings import Task
from pipeline.evaluate.dataset import to_row
from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.params import Params
from pipeline.evaluate.rewording import mentions, swap_terms
from pipeline.evaluate.robustness import differs
from pipeline.modeling.prediction import Prediction, Predictor
from pipeline.stats.bootstrap import difference, estimate, masked, mean_of
from pipeline.stats.intervals import holm
from pipeline.stats.numbers import rounded
from pipeline.tasks import task_type


class Swapped(TypedDict, total=False):
    """Texts in which terms changed places, and the share whose answer changed."""

    n: int
    changed: dict[str, float]


class Compared(TypedDict, total=False):
    """One attribute: the score of each group; the best and the worst, and how far they differ, where two are measured.

    `unequal`: the gap is no chance. `swapped` is there for tasks whose answers hold no places in the text.
    """

    attribute: str
    groups: list[dict[str, object]]
    best: str
    worst: str
    gap: dict[str, float]
    p: float
    unequal: bool
    swapped: Swapped


def fairness(
    records: Sequence[Record],
    predictions: Sequence[Prediction],
    predictor: Predictor,
    evaluation: Evaluation,
    task: Task,
    params: Params,
) -> list[Compared]:
    """One entry an attribute of `params.fairness`: the headline metric of each group, the largest gap, swaps.

    A text belongs to the one group whose terms it holds; texts that hold terms of several groups, or of none, to no
    group. `gap` is the best group minus the worst by paired bootstrap, `p` Holm-corrected over attributes and pairs.
    `swapped` says how many answers change when each term is replaced by its counterpart in the next group.
    """
    texts = list(map(task_type(task).main_text, records))
    entries = [_attribute(name, groups, texts, evaluation, params) for name, groups in params.fairness.items()]
    sign = evaluation.sign()
    measured = [entry for entry in entries if "gap" in entry]
    for entry, p in zip(measured, holm(list(map(itemgetter("p"), measured))), strict=True):
        entry["p"] = rounded(p)
        entry["unequal"] = rounded(p) < params.alpha and sign * entry["gap"]["value"] > 0
    if task_type(task).target_kind(task) in ("text", "texts", "number", "message"):
        for entry in entries:
            groups = list(params.fairness[entry["attribute"]].values())
            entry["swapped"] = _swapped(records, predictions, predictor, groups, task, params)
    return entries


def _attribute(
    name: str, groups: dict[str, tuple[str, ...]], texts: Sequence[str], evaluation: Evaluation, params: Params
) -> Compared:
    masks = _masks(groups, texts)
    metric = evaluation.metrics[evaluation.headline]
    figures = {group: masked(metric, mask) for group, mask in masks.items() if mask.any()}
    sign = evaluation.sign()
    once = np.ones((1, len(texts)))
    enough = (group for group, mask in masks.items() if mask.sum() >= params.min_slice_rows)
    ranked = sorted(enough, key=lambda group: (-sign * float(figures[group](once)[0]), group))
    pairs = list(itertools.combinations(ranked, 2))
    gaps = {f"{a} - {b}": difference(figures[a], figures[b]) for a, b in pairs}
    found = estimate({**figures, **gaps}, len(texts), params.resamples, params.seed, params.confidence_level)
    entry: Compared = {
        "attribute": name,
        "groups": [
            {"group": group, "n": int(mask.sum()), **(found[group].as_dict() if group in figures else {})}
            for group, mask in masks.items()
        ],
    }
    if pairs:
        widest = found[f"{ranked[0]} - {ranked[-1]}"]
        # The widest of several gaps is chosen after looking: its p counts for all pairs.
        entry |= {"best": ranked[0], "worst": ranked[-1], "gap": widest.as_dict(), "p": min(1.0, len(pairs) * widest.p)}
    return entry


def _masks(groups: Mapping[str, Sequence[str]], texts: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
    """Group -> the texts that mention it and no other group."""
    held = [[group for group, terms in groups.items() if mentions(text, terms)] for text in texts]
    return {group: np.array([one == [group] for one in held], bool) for group in groups}


def _swapped(
    records: Sequence[Record],
    predictions: Sequence[Prediction],
    predictor: Predictor,
    groups: Sequence[tuple[str, ...]],
    task: Task,
    params: Params,
) -> Swapped:
    """Answers that change when the terms of two neighbouring groups change places; only groups of equal size."""
    kind = task_type(task)
    order = sorted(range(len(records)), key=lambda n: share("fairness", records[n].id))
    before: list[Prediction] = []
    edited: list[Record] = []
    for first, second in itertools.pairwise(groups):
        if len(first) == len(second):
            for n in order:
                swap = partial(swap_terms, first=first, second=second)
                fields = kind.edit_texts(records[n].fields, None, swap)[0]
                if fields != records[n].fields and len(edited) < params.robustness_rows:
                    before.append(predictions[n])
                    edited.append(replace(records[n], fields=fields))
    if not edited:
        return {"n": 0}
    after = predictor.predict([to_row(record, task) for record in edited])
    spread = float(np.std([p.value for p in predictions if isinstance(p.value, float)] or [0.0]))
    changed = [differs(a.value, b.value, spread) for a, b in zip(before, after, strict=True)]
    found = estimate({"share": mean_of(np.array(changed, np.float64))}, len(changed), params.resamples, params.seed)
    return {"n": len(changed), "changed": found["share"].as_dict()}
