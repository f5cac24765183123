"""How many labels people would have to give: a simulation on records that are labelled already.

The labels of a sample of train records are hidden; simulated people give them back, either in random order or in the
order of `sft label push` (how unsure a model is, each cluster in turn). After every round a linear model learns what is
labelled so far and is evaluated on other train records. Where the encoder does not read a language, TF-IDF stands in
(`unread`, `read_by`). It says what the order saves on this data, as far as the
hidden labels are right; it says nothing of how fast or well real people answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from pipeline.annotation.acquisition import most_useful_first
from pipeline.core.record import share
from pipeline.label.params import Curve
from pipeline.label.prelabels import Example, langs_of
from pipeline.modeling.models import Model
from pipeline.runtime.threads import side_by_side

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Shares of the pool that are labelled after each round. A guess: not measured.
_ROUNDS = (0.03, 0.06, 0.12, 0.2, 0.3, 0.45, 0.65)
_ORDERS = 3  # random orders, whose mean is reported; a guess: not measured
_HELD_OUT = 0.25  # of the sampled groups; a guess: not measured
_FEWEST = 100  # records to ask about; fewer show nothing; a guess: not measured
_FEWEST_OF_CLASS = 5  # a guess: not measured
_MOST = 120_000  # records times classes: what a fit costs; a guess: not measured


def active_learning_curve(labelled: Sequence[Example], encoder: Model, params: Curve) -> dict[str, object]:
    """Accuracy by number of labels, in random order and in ours; `labels_needed` comes within a point of all labels."""
    if not params.rows:
        return {"applies": False, "why": "switched off: label.active_learning_curve.rows is 0"}
    pool, held_out = _sample(labelled, params.rows)
    if len(pool) < _FEWEST or len(held_out) < _FEWEST // 4:
        return {"applies": False, "why": f"fewer than {_FEWEST} labelled train records have classes to predict"}
    trial = _Trial(pool, held_out, encoder)
    sizes = [round(part * len(pool)) for part in _ROUNDS]
    orders = [sorted(range(len(pool)), key=lambda n: share("label.curve", str(k), pool[n].id)) for k in range(_ORDERS)]
    ours = trial.asked(sizes)
    points = [
        {
            "labels": size,
            "random": sum(side_by_side(trial.accuracy, [order[:size] for order in orders])) / _ORDERS,
            "ours": trial.accuracy(ours[:size]),
        }
        for size in sizes
    ]
    whole = trial.accuracy(range(len(pool)))
    needed = {way: next((p["labels"] for p in points if p[way] >= whole - 0.01), None) for way in ("random", "ours")}
    about = {"pool": len(pool), "held_out": len(held_out), "accuracy_of_all": whole, **trial.unread}
    return {"applies": True, **about, "labels_needed": needed, "points": points}


class _Trial:
    """Records to ask about, records to evaluate on, and their features."""

    def __init__(self, pool: Sequence[Example], held_out: Sequence[Example], encoder: Model) -> None:
        import numpy as np

        from pipeline.modeling.features.encoder import occupied
        from pipeline.modeling.features.unsupported_languages import readable_features

        both = (*pool, *held_out)
        found, self.unread = readable_features([e.text for e in both], langs_of(both), encoder, "label     curve")
        rows = occupied(found)
        self.rows, self.test = rows[: len(pool)], rows[len(pool) :]
        self.ids = [e.id for e in pool]
        self.labels = [str(e.stratum) for e in pool]
        self.truth = np.array([str(e.stratum) for e in held_out])

    def asked(self, sizes: Sequence[int]) -> list[int]:
        """The first `sizes[-1]` records in our order; what is next is decided anew after each size."""
        chosen: list[int] = []
        for size in sizes:
            left = sorted(set(range(len(self.ids))) - set(chosen))
            unsure = self._unsure(chosen, left)
            order = most_useful_first([self.ids[n] for n in left], unsure, self.rows[left])
            chosen += [left[n] for n in order[: size - len(chosen)]]
        return chosen

    def accuracy(self, chosen: Sequence[int]) -> float:
        """Share of the held-out records that a model of the chosen ones gets right."""
        found = self._probabilities(chosen, self.test)
        if found is None:
            only = Counter(self.labels[n] for n in chosen).most_common(1)[0][0]
            return float((self.truth == only).mean())
        names, probabilities = found
        return float((names[probabilities.argmax(axis=1)] == self.truth).mean())

    def _unsure(self, chosen: Sequence[int], left: Sequence[int]) -> list[float]:
        found = self._probabilities(chosen, self.rows[left])
        return [1.0] * len(left) if found is None else (1 - found[1].max(axis=1)).tolist()

    def _probabilities(
        self, chosen: Sequence[int], rows: object
    ) -> tuple[NDArray[np.str_], NDArray[np.float64]] | None:
        """Classes and their probabilities; None while fewer than two classes are known."""
        import numpy as np

        from pipeline.modeling.features.linear import fit

        labels = [self.labels[n] for n in chosen]
        if len(set(labels)) < 2:
            return None
        head = fit(self.rows[list(chosen)], labels)
        return np.array(head.labels), head.probabilities(rows)


def _drawn(known: Sequence[Example], rows: int) -> list[Example]:
    """At most `rows` records, and no more than fits can bear with so many classes, drawn by id."""
    room = min(rows, _MOST // max(1, len({e.stratum for e in known})))
    return sorted(known, key=lambda e: share("label.curve", e.id))[:room]


def _sample(labelled: Sequence[Example], rows: int) -> tuple[list[Example], list[Example]]:
    """Records to ask about and records to evaluate on: a stable sample, groups whole, classes that both may hold."""
    drawn = _drawn([e for e in labelled if e.stratum is not None], rows)
    counts = Counter(e.stratum for e in drawn)
    common = sorted((e for e in drawn if counts[e.stratum] >= _FEWEST_OF_CLASS), key=attrgetter("id"))
    if len(set(map(attrgetter("stratum"), common))) < 2:
        return [], []
    parts: dict[bool, list[Example]] = {False: [], True: []}
    for example in common:
        parts[share("label.curve.judged", example.group) < _HELD_OUT].append(example)
    return parts[False], parts[True]
