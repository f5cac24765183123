"""Effect of each data step, source, tag and teacher on what a language model learns to reply."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import cast

from pipeline.core.errors import PipelineError
from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.modeling.features.unsupported_languages import readable_model
from pipeline.modeling.models import Model
from pipeline.stats.bootstrap import Estimate
from pipeline.stats.intervals import holm
from pipeline.stats.numbers import rounded
from pipeline.stats.paired_gain import Draws, verdict
from pipeline.value.dialogues import (
    Dialogue,
    dialogues_as_mixed,
    drawn,
    groups_of,
    held_out_dialogues,
    raw_dialogues,
    steps_undone,
    train_dialogues,
)
from pipeline.value.params import Params
from pipeline.value.prompt_fit import CHANCE, Fit, fit_of_dialogues, fit_of_group
from pipeline.value.reply_loss import METRIC, ReplyLoss, sequences, without
from pipeline.value.report_types import EffectReport, ReplyReport
from pipeline.value.variants import Stages
from pipeline.value.verdict import over_seeds

#: Fewer dialogues show nothing, as a group or as what a step changed. A guess: not measured.
_FEWEST = 5
#: Groups, and cleaning steps, beyond so many are left out, smallest first: each costs `reply_seeds` trainings.
#: A guess: not measured.
_MOST = 8

Variants = dict[str, list[Dialogue]]


@dataclass(frozen=True)
class Effect:
    """What a group of dialogues or a cleaning step does to the loss of held-out replies; above 0 it helps.

    `fit`: how far the replies of a group fit their prompts, where enough of them can be told.
    """

    kind: str  # source, teacher, meta_..., cleaning_step, or mixture
    name: str
    rows: int
    gain: Estimate
    fit: Fit | None = None


def measure_replies(
    stages: Stages,
    dropped: Sequence[tuple[str, Record]],
    task: Task,
    model: Model,
    params: Params,
    encoder: Model,
) -> ReplyReport:
    """The report of the value stage where targets are replies, in the form of the quick form's, and `effects`.

    Gains are differences of minus the loss per token of the test split's replies, in nats; above 0 a step or the
    presence of a group helps. p-values are Holm-corrected over the data steps, and over all `effects`. A group whose
    replies do not fit their prompts, by `encoder` (prompt_fit.py), is called harmful whatever its gain.
    Raises PipelineError where there is too little to train on or to score.
    """
    variants = _variants(stages, task, params)
    undone = {
        step: drawn(dialogues, params.max_reply_rows // 4, step) for step, dialogues in _undone(stages, dropped, task)
    }
    known = list(chain(*variants.values(), *undone.values()))
    held_out = drawn(held_out_dialogues(stages.augment, task), params.max_held_out_replies, "held out")
    trial = ReplyLoss(model, known, held_out, params)
    variants = {name: list(filter(trial.can_read, dialogues)) for name, dialogues in variants.items()}
    final = variants["augmented"]
    _check(final, trial)
    rows = len(final) * params.reply_passes
    groups = sum(1 for _ in groups_of(final, _FEWEST, _MOST))
    trial.progress.total = (len(variants) + len(undone) + groups) * params.reply_seeds
    found: dict[str, Draws] = {}
    for name in reversed(variants):
        same = next((other for other in found if variants[other] == variants[name]), None)
        found[name] = found[same] if same else trial.draws(sequences(variants[name], rows, params))
    base = sequences(final, rows, params)
    reader, unread = readable_model([one.text for one in final], [one.lang for one in final], encoder)
    fits = fit_of_dialogues(final, reader)
    effects = [*_of_groups(final, base, found["augmented"], trial, params, fits)]
    effects += _of_steps(undone, base, found["augmented"], trial, params)
    effects += _of_mixture(stages, task, final, found["augmented"], trial, params)
    report: ReplyReport = {
        "metric": METRIC,
        "test_rows": len(trial.held_out),
        "seeds": params.reply_seeds,
        "variants": {
            name: {"rows": len(dialogues), "metrics": {METRIC: over_seeds(found[name], params).as_dict()}}
            for name, dialogues in variants.items()
        },
        "steps": _compared(variants, found, params),
        "effects": _told(effects, params),
    }
    return cast("ReplyReport", {**report, **unread})


def as_tables(report: ReplyReport) -> tuple[dict[str, float], list[dict[str, object]]]:
    """Of a report of `measure_replies`: the figures for metrics.json, and the lines of value.csv."""
    metrics = {name: one["metrics"][METRIC] for name, one in report["variants"].items()}
    figures = {f"{name}_{METRIC}": one["value"] for name, one in metrics.items()}
    figures["harmful"] = sum(entry["verdict"] == "hurt" for entry in report["effects"])
    rows = [
        {"variant": name, "kind": "variant", "rows": report["variants"][name]["rows"], "metric": METRIC, **one}
        for name, one in metrics.items()
    ]
    return figures, rows


def _variants(stages: Stages, task: Task, params: Params) -> Variants:
    """`raw` -> `cleaned` -> `decided_labels` -> `augmented`, cut to the same source records."""
    found = {
        "raw": raw_dialogues(stages, task),
        "cleaned": train_dialogues(stages.clean, task),
        "decided_labels": train_dialogues(stages.label, task),
        "augmented": train_dialogues(stages.augment, task),
    }
    roots = {dialogue.root for dialogues in found.values() for dialogue in dialogues}
    chosen = {
        dialogue.root for dialogue in drawn((Dialogue(root, (), "") for root in roots), params.max_reply_rows, "value")
    }
    return {
        name: sorted(
            (dialogue for dialogue in dialogues if dialogue.root in chosen),
            key=lambda dialogue: (dialogue.root, dialogue.messages),
        )
        for name, dialogues in found.items()
    }


def _undone(stages: Stages, dropped: Sequence[tuple[str, Record]], task: Task) -> list[tuple[str, list[Dialogue]]]:
    """The cleaning steps that touched enough dialogues, those of most first."""
    found = steps_undone(stages, dropped, task)
    large = [(step, dialogues) for step, dialogues in found.items() if len(dialogues) >= _FEWEST]
    return sorted(large, key=lambda pair: (-len(pair[1]), pair[0]))[:_MOST]


def _check(final: Sequence[Dialogue], trial: ReplyLoss) -> None:
    if len(final) < 2 * _FEWEST or len(trial.held_out) < _FEWEST:
        raise PipelineError(
            f"value: {len(final)} train and {len(trial.held_out)} test replies that the model can read tell nothing.",
            f"Give at least {2 * _FEWEST} and {_FEWEST}, or see which ones the template of models.generator refuses.",
        )


def _of_groups(
    final: Sequence[Dialogue],
    base: Sequence[Sequence[Dialogue]],
    whole: Draws,
    trial: ReplyLoss,
    params: Params,
    fits: Mapping[Dialogue, float],
) -> list[Effect]:
    """With a group against without it, its places taken by as many other dialogues of the same language."""
    effects = []
    for kind, name, rows in groups_of(final, _FEWEST, _MOST):
        is_out: Callable[[Dialogue], bool] = partial(_is_in, kind, name)
        pool = [dialogue for dialogue in final if not is_out(dialogue)]
        left = [without(sequence, is_out, pool, seed) for seed, sequence in enumerate(base)]
        gain = over_seeds(whole.minus(trial.draws(left)), params)
        effects.append(Effect(kind, name, rows, gain, fit_of_group(fits, is_out, params)))
    return effects


def _is_in(kind: str, name: str, dialogue: Dialogue) -> bool:
    return dialogue.of.get(kind) == name


def _of_steps(
    undone: Mapping[str, Sequence[Dialogue]],
    base: Sequence[Sequence[Dialogue]],
    whole: Draws,
    trial: ReplyLoss,
    params: Params,
) -> list[Effect]:
    """The final data against the same with as many dialogues as the step took out or edited, as they would stand there.

    An edited dialogue stands in its own place; a dropped one takes that of one drawn at random, of the same language.
    """
    effects = []
    for step, dialogues in undone.items():
        put = [dialogue for dialogue in dialogues if trial.can_read(dialogue)]
        if len(put) >= _FEWEST:
            left = [_with_undone(sequence, put, seed) for seed, sequence in enumerate(base)]
            effects.append(Effect("cleaning_step", step, len(put), over_seeds(whole.minus(trial.draws(left)), params)))
    return effects


def _of_mixture(
    stages: Stages, task: Task, final: Sequence[Dialogue], whole: Draws, trial: ReplyLoss, params: Params
) -> list[Effect]:
    """The final data read as the mixture says against each dialogue once a pass, equally many steps of training."""
    there = {dialogue.root for dialogue in final}
    mixed = [
        dialogue
        for dialogue in dialogues_as_mixed(stages.augment, task, stages.repeats)
        if dialogue.root in there and trial.can_read(dialogue)
    ]
    moved = Counter(mixed) - Counter(final) + (Counter(final) - Counter(mixed))
    if not mixed or moved.total() < _FEWEST:
        return []
    gain = over_seeds(trial.draws(sequences(mixed, len(final) * params.reply_passes, params)).minus(whole), params)
    return [Effect("mixture", "validate.mixture", len(mixed), gain)]


def _with_undone(sequence: Sequence[Dialogue], put: Sequence[Dialogue], seed: int) -> list[Dialogue]:
    there = {dialogue.root: dialogue for dialogue in sequence}
    instead = {dialogue.root: dialogue for dialogue in put if dialogue.root in there}
    by_lang: dict[str, list[Dialogue]] = {}
    for dialogue in drawn(
        (dialogue for root, dialogue in there.items() if root not in instead), len(there), f"make way {seed}"
    ):
        by_lang.setdefault(dialogue.lang, []).append(dialogue)
    for dialogue in put:
        some = by_lang.get(dialogue.lang) or max(by_lang.values(), key=len, default=[])
        if dialogue.root not in there and some:
            instead[some.pop().root] = dialogue
    return [instead.get(dialogue.root, dialogue) for dialogue in sequence]


def _compared(variants: Variants, found: Mapping[str, Draws], params: Params) -> list[dict[str, object]]:
    """One entry a data step: the state after it against the state before, equally many steps of training."""
    pairs = list(itertools.pairwise(variants))
    gaps = [over_seeds(found[after].minus(found[before]), params) for before, after in pairs]
    same = [variants[before] == variants[after] for before, after in pairs]
    tested = [n for n, equal in enumerate(same) if not equal]
    adjusted = dict(zip(tested, holm([gaps[n].p for n in tested]), strict=True))
    steps = []
    for n, (before, after) in enumerate(pairs):
        p = adjusted.get(n, 1.0)
        said = "changed_nothing" if same[n] else verdict(gaps[n], p, params.alpha)
        step = {"step": after, "against": before, "difference": gaps[n].as_dict(), "p": rounded(p), "verdict": said}
        step |= {"before": rounded(found[before].value), "after": rounded(found[after].value)}
        steps.append(step | {"sentence": _sentence(after.replace("_", " "), said, gaps[n], p)})
    return steps


def _told(effects: Sequence[Effect], params: Params) -> list[EffectReport]:
    adjusted = holm([effect.gain.p for effect in effects])
    unfit = _unfit(effects, params)
    return [_entry(one, p, n in unfit, params) for n, (one, p) in enumerate(zip(effects, adjusted, strict=True))]


def _unfit(effects: Sequence[Effect], params: Params) -> set[int]:
    """Numbers of the groups whose replies confidently do not fit their prompts, Holm-corrected over the groups."""
    tested = [(n, one.fit.less) for n, one in enumerate(effects) if one.fit is not None and one.fit.less is not None]
    adjusted = holm([less.p for _, less in tested])
    return {n for (n, less), p in zip(tested, adjusted, strict=True) if verdict(less, p, params.alpha) == "hurt"}


def _entry(effect: Effect, p: float, is_unfit: bool, params: Params) -> EffectReport:
    said = "hurt" if is_unfit else verdict(effect.gain, p, params.alpha)
    name = f"{effect.kind.replace('_', ' ')} {effect.name}"
    sentence = _sentence(name, said, effect.gain, p)
    if effect.fit is not None and is_unfit:
        share = effect.fit.share
        sentence = (
            f"{name}: does harm; its replies do not fit their prompts: nearer to them than {share.value:.0%} of the "
            f"source's other replies ({share.low:.0%} to {share.high:.0%}; shuffled replies {CHANCE:.0%}, other groups "
            f"{effect.fit.others:.0%}). They still teach length and style: gain in loss {effect.gain.value:+.4f}."
        )
    return {
        "kind": effect.kind,
        "name": effect.name,
        "rows": effect.rows,
        "gain": effect.gain.as_dict(),
        "p": rounded(p),
        "fit": None if effect.fit is None else effect.fit.as_dict(),
        "verdict": said,
        "sentence": sentence,
    }


def _sentence(name: str, said: str, gain: Estimate, p: float) -> str:
    if said == "changed_nothing":
        return f"{name}: changed nothing; the training data are the same as before."
    words = {
        "helped": "helps",
        "hurt": "does harm",
        "no_measurable_effect": "makes no difference that we can measure",
    }
    figures = f"{gain.value:+.4f}, interval {gain.low:+.4f} to {gain.high:+.4f}, corrected p {p:.3f}"
    return f"{name}: {words[said]}; loss per reply token is {-gain.value:+.4f} with it ({figures} as a gain)."
