"""Pre-labels: a model's answer, with a calibrated confidence, for records that need one.

A predictor gets the labelled train records to learn from and the records to answer for, and returns
`Prelabels`. Adding one (the last trained model, say): one function, one line in `PREDICTORS`.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.core.record import Target, share
from pipeline.core.registry import Entry, pick
from pipeline.core.settings import Task
from pipeline.label.aggregation import METHODS
from pipeline.label.aggregation_choice import ON_GOLD
from pipeline.label.language_model.predict import language_model
from pipeline.label.params import Params, Prelabel
from pipeline.label.prelabels import Answer, Example, Prelabels, langs_of, none
from pipeline.label.tagger import tagger
from pipeline.modeling.features.unsupported_languages import read_rows
from pipeline.modeling.models import Model, Models, revision

log = logging.getLogger("pipeline")

#: Why nothing is pre-labelled.
WHY_UNREAD = "the encoder does not read the languages of the records that need one"

Predictor = Callable[[Sequence[Example], Sequence[Example], Models, Prelabel, Task], Prelabels]


def prelabel(
    learn: Sequence[Example], ask: Sequence[Example], models: Models, params: Prelabel, task: Task
) -> Prelabels:
    """Answers for `ask` by the predictor named in params; the report says why where there are none."""
    if params.method is None:
        return none("switched off: label.prelabel.method is null")
    if not ask:
        return none("no record needs one")
    work = pick(PREDICTORS, params.method, "params.yaml: label.prelabel.method").function
    return work(learn, ask, models, params, task)


def linear(learn: Sequence[Example], ask: Sequence[Example], models: Models, params: Prelabel, task: Task) -> Prelabels:
    """Logistic regression on encoder features, calibrated by temperature on out-of-sample logits.

    A record of `ask` that is also in `learn` (a doubtful label) is answered by a model that saw neither
    it nor its group. Classes with fewer groups than folds are not learned. Records in a language that the encoder does
    not read are not answered; the report says so (`unread`).
    """
    learn, ask, unread = read_by(models.encoder, learn, ask)
    if unread and not ask:
        nothing = none(WHY_UNREAD)
        return replace(nothing, report={**nothing.report, **unread})
    found = _linear(learn, ask, models.encoder, params)
    return replace(found, report={**found.report, **unread})


def read_by(
    encoder: Model, learn: Sequence[Example], ask: Sequence[Example]
) -> tuple[list[Example], list[Example], dict[str, object]]:
    """What is in languages that the encoder reads, of `learn` and of `ask`, and notes on the rest with the remedy."""
    both = [*learn, *ask]
    rows, notes = read_rows([e.text for e in both], langs_of(both), encoder)
    if notes:
        log.warning("label     no pre-labels for some languages: %s", notes["unread_remedy"])
    return [learn[n] for n in rows if n < len(learn)], [both[n] for n in rows if n >= len(learn)], notes


def _linear(learn: Sequence[Example], ask: Sequence[Example], encoder: Model, params: Prelabel) -> Prelabels:
    classes: dict[str | None, Target] = {e.stratum: e.target for e in learn if e.stratum is not None}
    if not classes:
        return none(
            "this task has no classes to predict (for spans: method tagger), or no train record is labelled; "
            "people label the rest"
        )
    kept, unlearned, rare = _common_classes(learn, params)
    if len({e.stratum for e in kept}) < 2:
        return none(f"fewer than two classes have {params.folds} independent labelled train records", rare)
    return _fit_and_answer(kept, unlearned, ask, classes, rare, encoder, params)


PREDICTORS: dict[str, Entry[Prelabel, Predictor]] = {
    "linear": Entry(Prelabel, linear),
    "tagger": Entry(Prelabel, tagger),
    "llm": Entry(Prelabel, language_model),
}


def check_methods(params: Params) -> None:
    """Raises PipelineError where `label` names a method that does not exist."""
    if params.crowd.method != ON_GOLD:
        pick(METHODS, params.crowd.method, "params.yaml: label.crowd.method")
    if params.prelabel.method is not None:
        pick(PREDICTORS, params.prelabel.method, "params.yaml: label.prelabel.method")


def _rare(sample: Sequence[Example], folds: int) -> list[str]:
    """Classes with fewer groups than folds."""
    groups: dict[str, set[str]] = defaultdict(set)
    for example in sample:
        groups[str(example.stratum)].add(example.group)
    return sorted(name for name, members in groups.items() if len(members) < folds)


def _common_classes(learn: Sequence[Example], params: Prelabel) -> tuple[list[Example], list[Example], list[str]]:
    """A stable sample of at most `train_rows`: rows of common classes, of those too rare for the folds, their names."""
    labelled = [e for e in learn if e.stratum is not None]
    sample = sorted(labelled, key=lambda e: share("label.prelabel", e.id))[: params.train_rows]
    rare = _rare(sample, params.folds)
    ordered = sorted(sample, key=lambda e: e.id)
    return [e for e in ordered if e.stratum not in rare], [e for e in ordered if e.stratum in rare], rare


def _fit_and_answer(
    learn: Sequence[Example],
    unlearned: Sequence[Example],
    ask: Sequence[Example],
    classes: dict[str | None, Target],
    rare: list[str],
    encoder: Model,
    params: Prelabel,
) -> Prelabels:
    import numpy as np

    from pipeline.label.calibration import calibrate
    from pipeline.modeling.features.encoder import features
    from pipeline.modeling.features.linear import fit, out_of_sample, softmax

    strata = [str(e.stratum) for e in learn]
    rows = features([e.text for e in (*learn, *unlearned, *ask)], encoder)
    known, foreign = rows[: len(learn)], rows[len(learn) : len(learn) + len(unlearned)]
    asked = rows[len(learn) + len(unlearned) :]
    names, held_out = out_of_sample(known, strata, [e.group for e in learn], params.folds)
    half = np.array([share("label.half", e.group) < 0.5 for e in (*learn, *unlearned)])
    if half.all() or not half.any():
        return none("too few independent train records to measure reliability", rare)
    head = fit(known, strata)
    calibration_logits = np.concatenate([held_out, head.logits(foreign)]) if unlearned else held_out
    truth = np.concatenate([np.searchsorted(names, strata), np.full(len(unlearned), -1)])
    found = calibrate(calibration_logits, truth, half, params)
    logits = head.logits(asked)  # (asked, classes)
    both = _in_both(ask, learn)
    logits[[n for n, _ in both]] = held_out[[m for _, m in both]]
    probabilities = softmax(logits / found.temperature)
    best = [names[k] for k in probabilities.argmax(axis=1)]
    sure = probabilities.max(axis=1)
    answers = {e.id: Answer(classes[name], float(p)) for e, name, p in zip(ask, best, sure, strict=True)}
    about = {"method": f"linear on {revision(encoder)}", "asked": len(ask), "classes_too_rare": rare}
    spread = dict(sorted(Counter(map(str, best)).items()))
    return Prelabels(answers, found.threshold, {"applies": True, **about, **found.report, "answers": spread})


def _in_both(ask: Sequence[Example], learn: Sequence[Example]) -> list[tuple[int, int]]:
    """Numbers in `ask` and in `learn` of the records that are in both."""
    place = {e.id: n for n, e in enumerate(learn)}
    return [(n, place[e.id]) for n, e in enumerate(ask) if e.id in place]
