"""What people's ratings of replies say: a score a criterion on each record, and how far people agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from statistics import fmean
from typing import Any

from pipeline.annotation.annotations import Annotation
from pipeline.annotation.judging import RATING, preferred_of, ratings_of
from pipeline.core.record import Record
from pipeline.stats.agreement import grade_alpha

#: Record id -> criterion -> annotator -> rating.
Ratings = Mapping[str, Mapping[str, Mapping[str, float]]]


def ratings(used: Iterable[Annotation]) -> Ratings:
    """All ratings that stand beside the answers."""
    found: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for annotation in used:
        for criterion, value in ratings_of(annotation.more).items():
            found[annotation.record_id][criterion][annotation.annotator] = value
    return found


def rated(record: Record, given: Ratings) -> Record:
    """The record with the mean rating of each criterion among its scores, as `rating_<criterion>`."""
    own = given.get(record.id)
    if not own:
        return record
    scores = {RATING + criterion: round(fmean(people.values()), 4) for criterion, people in own.items()}
    return replace(record, scores={**record.scores, **scores})


def summary(given: Ratings, used: Iterable[Annotation]) -> dict[str, Any]:
    """For report.json: records, ratings, mean and Krippendorff's alpha (interval metric) of each criterion; pairs."""
    criteria = sorted({criterion for own in given.values() for criterion in own})
    found: dict[str, Any] = {}
    for criterion in criteria:
        rows = [list(own[criterion].values()) for own in given.values() if criterion in own]
        values = [value for row in rows for value in row]
        found[criterion] = {
            "records": len(rows),
            "ratings": len(values),
            "mean": round(fmean(values), 4),
            "alpha": grade_alpha(rows),
        }
    return {"criteria": found, "preferred_pairs": sum(len(preferred_of(annotation.more)) for annotation in used)}
