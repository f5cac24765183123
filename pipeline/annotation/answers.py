"""What one annotation in Label Studio says: the answer itself, and what people put beside it.

A project may have more controls than the task type's. A text area called `comment` is a remark, a choice called
`unsure` a doubt; what any other control holds is kept as it is. None of them enters the answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.annotation.controls import controls
from pipeline.annotation.renamed_labels import with_new_labels
from pipeline.core.record import Target
from pipeline.core.settings import Task
from pipeline.tasks import task_type
from pipeline.tasks.realigned_regions import at_their_places
from pipeline.tasks.region import Region

COMMENT, UNSURE = "comment", "unsure"


@dataclass(frozen=True)
class Beside:
    """What stands beside the answer. `more` holds the regions of controls that are none of ours."""

    comment: str | None = None
    unsure: bool = False
    more: Sequence[Region] = ()


@lru_cache(maxsize=32)
def _names(config: str) -> frozenset[str]:
    return frozenset(control.name for control in controls(config))


def parted(result: Sequence[Region], task: Task) -> tuple[list[Region], Beside]:
    """The regions of the task type's own controls, told by name; and what the others say."""
    ours = _names(task_type(task).labeling_config(task))
    answer = [part for part in result if part.get("from_name", "") in ours or _is_nameless(part)]
    rest = [part for part in result if part not in answer]
    by_name: defaultdict[str, list[Region]] = defaultdict(list)
    for part in rest:
        name = part.get("from_name", "")
        by_name[name if name in (COMMENT, UNSURE) else ""].append(part)
    remarks = [text for part in by_name[COMMENT] for text in _texts(part)]
    unsure = any(part["value"].get("choices") for part in by_name[UNSURE])
    return answer, Beside("\n".join(remarks) or None, unsure, by_name[""])


def answer_regions(result: Sequence[Region], task: Task) -> list[Region]:
    """The regions that hold the answer, also in an export of somebody else's project, whose controls have other names.

    Where none has the name of ours, all count but remarks and doubts.
    """
    ours = _names(task_type(task).labeling_config(task))
    if any(part.get("from_name") in ours for part in result):
        return parted(result, task)[0]
    return [part for part in result if part.get("from_name") not in (COMMENT, UNSURE)]


def answer_of(answer: Sequence[Region], shown: Mapping[str, object], task: Task, utf16: bool = False) -> Target:
    """The target that the regions of `parted` hold: labels by their names of today, regions where their surface is.

    `shown` are the texts that the task showed, by the name of what showed them. Raises Reject where it cannot be read.
    """
    regions = [_in_code_points(part, shown) if utf16 else part for part in with_new_labels(answer, task)]
    return task_type(task).target_from_result(at_their_places(regions, shown), task)


def _in_code_points(region: Region, shown: Mapping[str, object]) -> Region:
    """The region with its offsets, which count UTF-16 units, in code points."""
    value, text = region["value"], shown.get(region.get("to_name", ""))
    if not isinstance(text, str) or "start" not in value or "end" not in value:
        return region
    units = text.encode("utf-16-le", "surrogatepass")
    places = {name: len(units[: 2 * int(value[name])].decode("utf-16-le", "ignore")) for name in ("start", "end")}
    return {**region, "value": {**value, **places}}


def _is_nameless(part: Region) -> bool:
    return "from_name" not in part and part.get("type") != "relation"


def _texts(part: Region) -> list[str]:
    found = part["value"].get("text") or part["value"].get("choices") or []
    return [found] if isinstance(found, str) else [str(text) for text in found]
