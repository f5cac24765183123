"""Label errors: models that never saw a record score its target; likely errors are relabelled, set aside or listed.

The story, in the order of `find_label_errors`: the detector for the kind of target (`detectors/`) gives out-of-fold
scores; how good they are is measured on planted errors (quality.py); how many targets are wrong is estimated
(label_noise.py); what becomes of each follows from both (decide.py).

Sets the score `label_quality` (0 to 1: the odds of the target against the likeliest other one). Changes targets, with
the decision `model:label_errors`. Lists for review: `label_error`, and `label_set_aside`, which the stage `label`
excludes from training until somebody answers. Drops nothing. Test records take no part in fitting or measuring; a model
of all others scores them, for review. Free texts have no detector, and the notes say so. Records in a language that the
encoder cannot read are left out (unsupported_languages.py).
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from operator import attrgetter

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.clean.label_errors.change_precision import change_precision, precise_from, precision_notes
from pipeline.clean.label_errors.decide import Scored, decide
from pipeline.clean.label_errors.detectors import detector_for
from pipeline.clean.label_errors.detectors.contract import Detector, OutOfFold
from pipeline.clean.label_errors.label_noise import label_noise, noise_notes, rises_with
from pipeline.clean.label_errors.notes import relabelling
from pipeline.clean.label_errors.protected_labels import is_test
from pipeline.clean.label_errors.quality import Quality, folds_of, measure, relabel_threshold
from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.clean.step import Context, replace_rows, with_scores
from pipeline.clean.unsupported_languages import read_rows
from pipeline.core.record import Record
from pipeline.modeling.models import revision
from pipeline.runtime.engine import packed
from pipeline.runtime.part_cache import kept
from pipeline.runtime.parts import take_rows
from pipeline.runtime.stage import Outcome, keep_all, log
from pipeline.runtime.store import LEAN, lean_records
from pipeline.stats.histogram import NOTES, histogram


def find_label_errors(table: pa.Table, settings: LabelErrors, context: Context) -> Outcome:
    """Score targets out of fold; relabel, set aside and list likely errors, as far as measured to be right."""
    task = context.task
    detector = detector_for(task)
    if detector is None:
        return keep_all(table, notes={"applies": False, "why": f"no detector for targets of the task {task.type}"})
    records = list(lean_records(table.select(LEAN).to_batches()))
    read, unread = read_rows(records, context)
    eligible = detector.eligible([records[n] for n in read], task, settings.folds)
    if eligible.why:
        why = "models.encoder does not read the language of any record" if unread and not read else eligible.why
        return keep_all(table, notes={"applies": False, "why": why, **eligible.notes, **unread})
    rows, known = _known_first(records, [read[n] for n in eligible.rows])
    members = [records[n] for n in rows]
    targets = [record.target for record in members]
    strata = detector.strata(targets[:known])
    inputs = (packed(take_rows(table.select(LEAN), rows)), known, *_hangs_on(settings, context))
    out_of_fold, recipe, copies = kept(
        "label errors", inputs, lambda: _scored(detector, members, known, strata, settings, context)
    )
    scores = out_of_fold.recipes[recipe]
    noise = rises_with(
        label_noise(scores.first(known), targets[:known], strata),
        {name: (one.noise, one.planted / one.records) for name, one in copies.items()},
    )
    precision = change_precision(scores.first(known), noise)
    below = 0.0 if detector.CALIBRATED else max(0.0, *map(attrgetter("enriched_below"), copies.values()))
    threshold = lowest(
        relabel_threshold(copies, settings.autofix_precision), precise_from(precision, settings.autofix_precision)
    )
    scored = Scored(rows, known, members, scores, strata, below)
    decisions = decide(table, scored, threshold, noise, settings, context)
    quality = 1 / (1 + np.exp(-np.clip(scores.log_odds, -500, 500)))
    table = with_scores(table, "label_quality", dict(zip(rows, quality.tolist(), strict=True)))
    notes = {
        "applies": True,
        "scored": known,
        "scored_of_test": len(rows) - known,
        **eligible.notes,
        **unread,
        "suspected": int((scores.log_odds < 0).sum()),
        NOTES: {"label_quality": histogram(quality[:known], {"likely_wrong_below": 0.5})},
        **noise_notes(noise, scores.first(known), targets[:known], strata),
        "planted": {"recipe": recipe, "copies": {name: one.as_notes() for name, one in copies.items()}},
        "change_precision": precision_notes(precision),
        "set_aside": len(decisions.set_aside),
        "autofix": relabelling(threshold, decisions.relabelled, records, settings),
    }
    changed = replace_rows(table, decisions.relabelled)
    return keep_all(changed, changed=len(decisions.relabelled), notes=notes)


def lowest(*thresholds: float | None) -> float | None:
    """The lowest threshold that was found, if any."""
    return min((one for one in thresholds if one is not None), default=None)


def _hangs_on(settings: LabelErrors, context: Context) -> tuple[str, ...]:
    """What scores hang on besides the records: not the thresholds, so that these can be moved at no cost."""
    scoring = settings.model_dump_json(exclude={"review_share", "autofix_precision", "set_aside"})
    machine = (os.environ.get(name, "") for name in ("SFT_DTYPE", "SFT_DEVICE"))
    return scoring, context.task.model_dump_json(), revision(context.models.encoder), *machine


def _scored(
    detector: Detector[object],
    members: Sequence[Record],
    known: int,
    strata: NDArray[np.int64],
    settings: LabelErrors,
    context: Context,
) -> tuple[OutOfFold, str, dict[str, Quality]]:
    """Targets scored by models that did not see them; the recipe that ranks planted errors best, and how well."""
    task = context.task
    prepared = detector.prepare(members, known, task, context.models.encoder, settings)
    folds = np.full(len(members), -1, np.int64)
    folds[:known] = folds_of(members[:known], strata, settings)
    targets = [record.target for record in members]
    started = time.monotonic()
    out_of_fold = detector.score_out_of_fold(prepared, np.arange(len(members)), targets, folds, task)
    _tell(len(members), min(known, settings.calibration_rows), time.monotonic() - started)
    return out_of_fold, *measure(detector, prepared, members[:known], out_of_fold, task, settings)


def _tell(rows: int, planted: int, seconds: float) -> None:
    """One line where the step takes long: what is done, and about how long the copies with planted errors will take."""
    if seconds > _SILENT:
        left = _COPIES * seconds * planted / max(rows, 1)
        log.info(
            "clean     label_errors           %s records scored, %.0f s; about %.0f s left", f"{rows:,}", seconds, left
        )


_SILENT = 5.0  # seconds; scoring that is done sooner needs no line of its own; a guess: not measured
_COPIES = 2  # that `measure` plants errors into, as most detectors do; a guess: not measured


def _known_first(records: Sequence[Record], rows: Sequence[int]) -> tuple[list[int], int]:
    """Rows outside test, then those in test, and how many there are of the first."""
    known = [n for n in rows if not is_test(records[n])]
    return [*known, *(n for n in rows if is_test(records[n]))], len(known)
