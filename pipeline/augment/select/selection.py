"""Which part of the training records to keep: scored by quality and complexity, spread over what they are about.

For tasks whose target is a free text (chat first of all). Scores come from `models.generator` (nothing is trained), and
from judges where some are named. The report always shows a random draw of the same size beside the choice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from pipeline.augment.params import SelectSettings, check_selection
from pipeline.augment.replies import as_messages
from pipeline.augment.select.groups import groups_of, room
from pipeline.augment.text_features import TextFeatures
from pipeline.core.conversation import Conversation
from pipeline.core.json_types import JsonObject
from pipeline.core.record import Record, share
from pipeline.core.settings import Task
from pipeline.llm.client import Engine
from pipeline.llm.dry_run import dry_run, planned
from pipeline.llm.judges.judge import grade_questions
from pipeline.llm.judges.panel import Judging, grade_all
from pipeline.modeling.features.cosine_thresholds import MINILM, cosines
from pipeline.modeling.features.unsupported_languages import readable_model
from pipeline.modeling.lm.local_engine import open_model
from pipeline.modeling.lm.prompt_and_reply import whole
from pipeline.modeling.lm.scores import reply_losses
from pipeline.modeling.models import Models
from pipeline.runtime.stage import Drop, Outcome, drop_rows, keep_all
from pipeline.runtime.store import to_records
from pipeline.stats.numbers import rounded
from pipeline.tasks import task_type
from pipeline.tasks.texts import target_text

if TYPE_CHECKING:
    from pipeline.modeling.features.linear import Floats, Matrix


@dataclass(frozen=True)
class Scores:
    """One value a record.

    `loss`: nats per token of the answer given the question. `ifd`: that loss over the loss of the answer alone, both of
    the same tokens (Li et al. 2023, https://arxiv.org/abs/2308.12032); from 1 on the question does not help to predict
    the answer. `complexity`: tokens of the answer, however long (Zhao et al. 2024, https://arxiv.org/abs/2402.04833:
    long answers are a hard baseline). `quality`: the judges' mean grade, not a number where none could be read; without
    judges minus the loss. `judged`: the notes about the judges.
    """

    loss: Floats
    ifd: Floats
    complexity: Floats
    quality: Floats
    judged: Mapping[str, Any] | None = None


def select(table: pa.Table, settings: SelectSettings, task: Task, models: Models) -> Outcome:
    """The table less the labelled train records that were not chosen (`not_selected`, with their scores)."""
    rows, learned = _pool(table)
    size = max(1, round((settings.keep or 1.0) * len(rows)))
    if settings.keep is None or size >= len(rows):
        return keep_all(table)
    if settings.quality is not None and settings.quality.dry_run:
        return keep_all(table, notes=_dry_run(learned, settings.quality, task, models))
    scores = score(learned, settings, task, models)
    texts = [task_type(task).main_text(record) for record in learned]
    encoder, unread = readable_model(texts, [record.lang for record in learned], models.encoder)
    matrix = TextFeatures(texts, encoder).rows(texts)
    most_alike = cosines(encoder).alike if settings.max_cosine is None else settings.max_cosine
    chosen = set(choose(learned, scores, matrix, settings, size, most_alike))
    left = [(n, row) for n, row in enumerate(rows) if n not in chosen]
    drops = {row: Drop("not_selected", f"{settings.by}: {described(scores, n)}") for n, row in left}
    return drop_rows(table, "select", drops, notes={**unread, **_notes(learned, scores, matrix, chosen, settings)})


def _dry_run(learned: Sequence[Record], quality: Judging, task: Task, models: Models) -> JsonObject:
    conversations, langs = _conversations(learned, task)
    return dry_run(
        "augment.select.quality.dry_run",
        planned(_judges(quality, models), grade_questions(conversations, langs, quality.rubric)),
    )


def _pool(table: pa.Table) -> tuple[list[int], list[Record]]:
    """Numbers of the labelled train records, and the records."""
    pool = {n: r for n, r in enumerate(to_records(table)) if r.split == "train" and r.target is not None}
    return list(pool), list(pool.values())


def score(pool: Sequence[Record], settings: SelectSettings, task: Task, models: Models) -> Scores:
    """All scores of all records; cached per record. Raises PipelineError where task or models do not allow it."""
    generator = check_selection(task, models)
    found = reply_losses(generator, [(as_messages(record, task), target_text(record.target)) for record in pool])
    loss = np.array([one.given / max(one.tokens, 1) for one in found])
    ifd = np.array([one.given / max(one.alone, 1e-9) for one in found])
    length = np.array(list(map(attrgetter("length"), found)), np.float64)
    if settings.quality is None:
        return Scores(loss, ifd, length, -loss)
    graded = grade_all(_judges(settings.quality, models), *_conversations(pool, task), settings.quality.rubric)
    quality = np.array([np.nan if value is None else value for value in graded.values], np.float64)
    return Scores(loss, ifd, length, quality, graded.notes)


def _judges(quality: Judging, models: Models) -> dict[str, Engine]:
    where = "params.yaml: augment.select.quality.judges"
    return {name: open_model(one, models, f"{where}.{name}") for name, one in quality.judges.items()}


def _conversations(pool: Sequence[Record], task: Task) -> tuple[list[Conversation], list[str]]:
    """What judges read: each record's whole conversation, and its language."""
    return [whole(record, task) for record in pool], [record.lang for record in pool]


def choose(
    pool: Sequence[Record],
    scores: Scores,
    matrix: object,
    settings: SelectSettings,
    size: int,
    most_alike: float = MINILM.alike,
) -> list[int]:
    """Row numbers of the chosen records, in the order in which they were chosen.

    Those are left out, while others remain, whose cosine with a chosen one is above `most_alike`.
    """
    order = _ranked(pool, scores, settings)
    groups = groups_of(pool, settings)
    free = room(groups, size, settings)
    if settings.by == "random" or most_alike >= 1:
        return _within(order, groups, free)
    return _spread(order, matrix, most_alike, groups, free)


def _within(order: Sequence[int], groups: Sequence[str], free: dict[str, int]) -> list[int]:
    """The first rows of the order, of each group as many as are free; they are free no more."""
    found = []
    for n in order:
        if free[groups[n]]:
            free[groups[n]] -= 1
            found.append(n)
    return found


def _ranked(pool: Sequence[Record], scores: Scores, settings: SelectSettings) -> list[int]:
    """All rows, best first. Ties and `random` by a draw of the id."""
    draw = np.array([share("select", str(settings.seed), record.id) for record in pool])
    if settings.by == "random":
        return [int(n) for n in np.argsort(draw, kind="stable")]
    # An answer that its question makes no likelier is off the point, or noise: such rows come last.
    usable = np.where(scores.ifd < 1, scores.ifd, -scores.ifd)
    # What no judge could read is neither good nor bad: it stands in the middle of those that were graded.
    quality = np.where(np.isnan(scores.quality), _median(scores.quality), scores.quality)
    value = {
        "quality": quality,
        "ifd": usable,
        "complexity": scores.complexity,
        "difficulty": scores.loss,
        "mixed": _rank(quality) + _rank(usable) + _rank(scores.complexity),
        "diversity": draw,
    }[settings.by]
    return [int(n) for n in np.lexsort((draw, -value))]


def _median(values: Floats) -> float:
    """The median of what is a number; 0 where nothing is."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else 0.0


def _rank(values: Floats) -> Floats:
    """Each value's place among all, 0 to 1; ties share theirs."""
    _, place = np.unique(values, return_inverse=True)
    return np.asarray(place / max(int(place.max()), 1), np.float64)


def _spread(
    order: Sequence[int], matrix: Matrix, max_cosine: float, groups: Sequence[str], free: dict[str, int]
) -> list[int]:
    """Best first, leaving out what is too like a chosen one (Liu et al. 2023, https://arxiv.org/abs/2312.15685).

    Of each group as many as are free. What was left out fills up where too few remain.
    """
    unit = _unit(matrix)
    chosen: list[int] = []
    skipped: list[int] = []
    closest = np.full(len(order), -1.0)
    for n in order:
        if not free[groups[n]]:
            continue
        if closest[n] > max_cosine:
            skipped.append(n)
            continue
        chosen.append(n)
        free[groups[n]] -= 1
        closest = np.maximum(closest, _products(unit, n))
    return chosen + _within(skipped, groups, free)


def coverage(matrix: Matrix, chosen: Sequence[int]) -> float:
    """Mean cosine of every record with the nearest chosen one: 1 where all are chosen."""
    unit = _unit(matrix)
    closest = np.full(unit.shape[0], -1.0)
    for n in chosen:
        closest = np.maximum(closest, _products(unit, n))
    return float(closest.mean())


def described(scores: Scores, n: int) -> str:
    """A record's scores, in words."""
    quality = "no judge could be read" if np.isnan(scores.quality[n]) else f"quality {scores.quality[n]:.3f}"
    return f"loss {scores.loss[n]:.3f}, IFD {scores.ifd[n]:.3f}, {scores.complexity[n]:.0f} tokens, {quality}"


def _unit(matrix: Matrix) -> Matrix:
    from scipy.sparse import csr_matrix, diags, issparse

    if issparse(matrix):
        sparse = csr_matrix(matrix)
        lengths = np.sqrt(np.asarray(sparse.multiply(sparse).sum(axis=1)).ravel())
        return csr_matrix(diags(1 / np.maximum(lengths, 1e-9)) @ sparse)
    return matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9)


def _products(unit: Matrix, n: int) -> Floats:
    row = unit[[n]]
    found = unit @ row.T
    return np.asarray(found.todense() if hasattr(found, "todense") else found, np.float64).ravel()


def _notes(
    pool: Sequence[Record], scores: Scores, matrix: Matrix, chosen: set[int], settings: SelectSettings
) -> Mapping[str, object]:
    """Means of the scores over all, the chosen, and a random draw of the same size (the baseline to beat)."""
    plain = settings.model_copy(update={"by": "random", "spread_over": None, "quotas": {}})
    at_random = _ranked(pool, scores, plain)[: len(chosen)]

    def means(rows: Sequence[int]) -> dict[str, float]:
        values = {name: _mean(getattr(scores, name)[rows]) for name in ("loss", "ifd", "complexity", "quality")}
        return {name: rounded(v) for name, v in {**values, "coverage": coverage(matrix, rows)}.items()}

    groups = {"all": list(range(len(pool))), "chosen": sorted(chosen), "random": sorted(at_random)}
    judged = {"judged": scores.judged} if scores.judged else {}
    found = {k: means(v) for k, v in groups.items()}
    told = {"by": settings.by, "kept": len(chosen), "of": len(pool), **found, **judged}
    if settings.spread_over is None:
        return told
    named = groups_of(pool, settings)
    have, kept = Counter(named), Counter(named[n] for n in chosen)
    return {**told, "groups": {name: {"of": have[name], "kept": kept[name]} for name in sorted(have)}}


def _mean(values: Floats) -> float:
    """The mean of what is a number."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else 0.0
