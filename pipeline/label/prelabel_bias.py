"""Do people follow the pre-label? Answers to tasks that showed it, against tasks that held it back by lot.

Agreement with the model alone cannot tell, since a good model is often right: what counts is how much more often people
agree with it where they see its answer. Which tasks show it is drawn by `sft label push` (`studio.blind_share`), and
kept with the pre-label in the push ledger; an answer counts for what its task was drawn to be, whatever the person did
with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from typing import Any

from pipeline.annotation.annotations import Annotation
from pipeline.annotation.push_ledger import Pushed
from pipeline.core.record import as_json
from pipeline.label.params import Agreement
from pipeline.stats.intervals import difference_of_shares, share_of


def prelabel_bias(used: Iterable[Annotation], pushed: Pushed, gold: Set[str], params: Agreement) -> dict[str, object]:
    """For report.json: agreement with the pre-label where it was shown and where not, the difference, and a verdict.

    `follow`: the interval of the difference lies above 0; `no_sign`: it does not; `not_enough`: fewer than
    `min_hidden_prelabels` records in a group; `none`: nothing was drawn. A record's several answers count as one, by
    their mean.
    """
    if all(sent.shown is None for sent in pushed.tasks.values()):
        return {"verdict": "none"}
    groups = _groups(used, pushed, gold)
    shown, blind = (groups[name] for name in ("shown", "blind"))
    report: dict[str, Any] = {name: _about(answers) for name, answers in groups.items()}
    if min(len(shown), len(blind)) < params.min_hidden_prelabels:
        return report | {"verdict": "not_enough", "needed": params.min_hidden_prelabels}
    difference = difference_of_shares(_agreed(shown), _agreed(blind))
    return report | {"difference": difference, "verdict": "follow" if difference["low"] > 0 else "no_sign"}


Answers = Mapping[str, list[bool]]


def _groups(used: Iterable[Annotation], pushed: Pushed, gold: Set[str]) -> dict[str, Answers]:
    """By group and record, whether each answer is the pre-label."""
    groups: dict[str, dict[str, list[bool]]] = {name: defaultdict(list) for name in ("shown", "blind")}
    for annotation in used:
        sent = pushed.tasks.get(annotation.record_id)
        if sent is None or sent.shown is None or sent.text_id != annotation.text_id or annotation.record_id in gold:
            continue
        group = groups["shown" if sent.shown else "blind"]
        group[annotation.record_id].append(as_json(annotation.value) == sent.prelabel)
    return dict(groups)


def _agreed(answers: Answers) -> tuple[float, int]:
    return sum(sum(said) / len(said) for said in answers.values()), len(answers)


def _about(answers: Answers) -> dict[str, object]:
    counts = {"records": len(answers), "answers": sum(map(len, answers.values()))}
    return counts | {"agree": share_of(*_agreed(answers)) if answers else None}
