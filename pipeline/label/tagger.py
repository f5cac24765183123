"""Pre-labels for spans: a linear tagger, with a calibrated probability that all spans of a text are right."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.core.record import Span, Target, as_json, share
from pipeline.core.settings import Task
from pipeline.label.params import Prelabel
from pipeline.label.prelabels import Answer, Example, Prelabels, none
from pipeline.modeling.models import Models

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.label.calibration import Scored
    from pipeline.modeling.features.linear_tagger import LinearTagger

Pair = tuple[str, list[Span]]
_FEWEST = 50  # labelled texts; fewer measure no reliability; a guess: not measured


def tagger(learn: Sequence[Example], ask: Sequence[Example], models: Models, params: Prelabel, task: Task) -> Prelabels:
    """A linear tagger (see `fit_tagger`), its log probability of a text's tags calibrated out of sample.

    An answer is right where every span is. A record of `ask` that is also in `learn` is answered by a model that saw
    neither it nor its group. No model is needed.
    """
    import numpy as np

    from pipeline.label.calibration import calibrate_scores
    from pipeline.modeling.features.linear_tagger import fit_tagger

    known = _known(learn, params.train_rows)
    truth = [_plain(e.target) for e in known]
    labels = sorted({span["label"] for spans in truth for span in spans})
    if len(known) < _FEWEST or not labels:
        return none(f"fewer than {_FEWEST} labelled train records have spans, or none of them has any")
    said, scores = _out_of_sample(known, labels, params.folds)
    right = np.array(list(map(operator.eq, map(as_json, said), map(as_json, truth))))
    half = np.array([share("label.half", e.group) < 0.5 for e in known])
    if half.all() or not half.any():
        return none("too few independent train records to measure reliability")
    found = calibrate_scores(scores, right, half, params)
    model = fit_tagger([_pair(e) for e in known], labels)
    if model is None:
        return none("the labelled train records show one kind of tag only")
    held_out = {e.id: (spans, float(score)) for e, spans, score in zip(known, said, scores, strict=True)}
    about = {"applies": True, "method": "linear tagger", "asked": len(ask)}
    return Prelabels(_answers(model, ask, held_out, found), found.threshold, {**about, **found.report})


def _answers(
    model: LinearTagger, ask: Sequence[Example], held_out: Mapping[str, tuple[list[Span], float]], found: Scored
) -> dict[str, Answer]:
    """The model's answers; those of records it learned from are `held_out`, of a model that did not."""
    import numpy as np

    tagged = [held_out.get(e.id, own) for e, own in zip(ask, model.tag([e.text for e in ask]), strict=True)]
    sure = found.sure(np.array([score for _, score in tagged]))
    return {e.id: Answer(spans, float(p)) for e, (spans, _), p in zip(ask, tagged, sure, strict=True)}


def _known(learn: Sequence[Example], rows: int) -> list[Example]:
    """At most `rows` examples whose target is a list of spans, drawn by id and sorted by it."""
    sample = sorted(learn, key=lambda e: share("label.prelabel", e.id))[:rows]
    return sorted((e for e in sample if _is_spans(e.target)), key=lambda e: e.id)


def _out_of_sample(
    known: Sequence[Example], labels: Sequence[str], folds: int
) -> tuple[list[list[Span]], NDArray[np.float64]]:
    """Spans and log probability of each text by a model that saw neither it nor its group."""
    import numpy as np

    from pipeline.modeling.features.linear_tagger import fit_tagger

    fold_of = [int(folds * share("label.tagger", e.group)) for e in known]
    said: list[list[Span]] = [[] for _ in known]
    scores = np.full(len(known), -np.inf)
    for fold in sorted(set(fold_of)):
        inside = [n for n, own in enumerate(fold_of) if own == fold]
        model = fit_tagger([_pair(e) for e, own in zip(known, fold_of, strict=True) if own != fold], labels)
        for n, (spans, score) in zip(inside, model.tag([known[n].text for n in inside]) if model else (), strict=False):
            said[n], scores[n] = spans, score
    return said, np.maximum(scores, -1e3)


def _pair(example: Example) -> Pair:
    return example.text, _plain(example.target)


def _plain(spans: Sequence[Span]) -> list[Span]:
    kept = (Span(start=span["start"], end=span["end"], label=span["label"]) for span in spans)
    return sorted(kept, key=lambda span: (span["start"], span["end"]))


def _is_spans(target: Target) -> bool:
    return isinstance(target, list) and all(isinstance(one, dict) and "label" in one for one in target)
