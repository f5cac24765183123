"""What people's ratings of replies say: a score a criterion on each record, whether it stays, how far people agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from statistics import fmean
from typing import Any

from pipeline.annotation.annotations import Annotation
from pipeline.annotation.reply_ratings import RATING, is_rejected, preferred_of, ratings_of
from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Reject, Target, as_json
from pipeline.core.registry import did_you_mean
from pipeline.stats.agreement import grade_alpha

#: Record id -> criterion -> annotator -> rating.
Ratings = Mapping[str, Mapping[str, Mapping[str, float]]]

#: Most annotators that the reason for a drop names. A guess: not measured.
_NAMED = 3


def ratings(used: Iterable[Annotation]) -> Ratings:
    """All ratings that stand beside the answers."""
    found: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for annotation in used:
        for criterion, value in ratings_of(annotation.more).items():
            found[annotation.record_id][criterion][annotation.annotator] = value
    return found


def rejections(used: Iterable[Annotation]) -> Mapping[str, Sequence[str]]:
    """Record id -> who rejected its reply, where most of those who judged it did."""
    judged: dict[str, dict[str, bool]] = defaultdict(dict)
    for annotation in used:
        says_no = is_rejected(annotation.more)
        if says_no or ratings_of(annotation.more):
            judged[annotation.record_id][annotation.annotator] = says_no
    return {name: sorted(w for w in own if own[w]) for name, own in judged.items() if 2 * sum(own.values()) > len(own)}


def rated(record: Record, given: Ratings) -> Record:
    """The record with the mean rating of each criterion among its scores, as `rating_<criterion>`."""
    own = given.get(record.id)
    if not own:
        return record
    scores = {RATING + criterion: round(fmean(people.values()), 4) for criterion, people in own.items()}
    return replace(record, scores={**record.scores, **scores})


def bars(min_rating: float | Mapping[str, float] | None, given: Ratings) -> Mapping[str, float]:
    """Criterion -> the mean rating that a reply needs, from the setting `label.min_rating`.

    Raises PipelineError where it names a criterion that nobody rated while others were.
    """
    criteria = sorted(set().union(*given.values()))
    if not isinstance(min_rating, Mapping):
        return {} if min_rating is None else dict.fromkeys(criteria, min_rating)
    unknown = [name for name in min_rating if name not in criteria]
    if unknown and criteria:
        raise PipelineError(
            f"params.yaml: label.min_rating names '{unknown[0]}', which nobody has rated. "
            f"{did_you_mean(unknown[0], criteria)}",
            "Criteria are those of studio.rubric, as they were called when people rated.",
        )
    return min_rating


def held_to(
    record: Record, given: Ratings, needed: Mapping[str, float], judged: Target, against: Sequence[str] = ()
) -> Record:
    """The record, unless people rejected its reply (`against`), or rated it below what a criterion needs.

    `judged` is the reply that people saw. Where they corrected it, the record has a better one, and stays. Rejects:
    rejected_by_people, rated_poor.
    """
    if as_json(record.target) != as_json(judged):
        return record
    if against:
        raise Reject("rejected_by_people", _known(against))
    for criterion, bar in needed.items():
        people = given.get(record.id, {}).get(criterion)
        if people and fmean(people.values()) < bar:
            mean = fmean(people.values())
            raise Reject("rated_poor", f"{criterion} {mean:.2f} by {_known(sorted(people))}, below {bar:g}")
    return record


def _known(people: Sequence[str]) -> str:
    return "+".join(people) if len(people) <= _NAMED else f"{len(people)} annotators"


def summary(given: Ratings, used: Iterable[Annotation]) -> dict[str, object]:
    """For report.json: records, ratings, mean and Krippendorff's alpha (interval metric) of each criterion; pairs."""
    found: dict[str, Any] = {}
    for criterion in sorted(set().union(*given.values())):
        rows = [list(own[criterion].values()) for own in given.values() if criterion in own]
        values = list(chain.from_iterable(rows))
        found[criterion] = {
            "records": len(rows),
            "ratings": len(values),
            "mean": round(fmean(values), 4),
            "alpha": grade_alpha(rows),
        }
    return {"criteria": found, "preferred_pairs": sum(len(preferred_of(annotation.more)) for annotation in used)}
