"""What a lead decided in the quality report: `data/annotations/decisions/*.jsonl`, saved by the page.

One decision a line: accept (the suggested label), change (another one), keep (the label given; of a row that was
dropped: the row), drop (the record goes). `clean` takes rows out and brings rows back, `label` takes labels. Files are
input: nothing here writes to them. docs/labelling.md describes each field.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from pipeline.annotation.annotations import Annotation, parse_time, placed_lines, stop
from pipeline.annotation.sound_values import decoded
from pipeline.core.errors import PipelineError, shorten
from pipeline.core.settings import Settings

#: The folder of decisions, inside that of annotations.
FOLDER = "decisions"

Choice = Literal["accept", "change", "keep", "drop"]


class Line(Settings):
    """One line of a decisions file."""

    record_id: str
    decision: Choice
    reviewer: str
    created_at: str
    value: Any = None  # the label, for accept, change and keep of a doubtful label; null: no label is decided
    list: str | None = None  # the table of the report in which it was decided
    text_id: str | None = None  # which text the reviewer saw


@dataclass(frozen=True)
class Decided:
    """One decision. `place` is file and line, for messages."""

    record_id: str
    choice: Choice
    reviewer: str
    created_at: datetime
    value: Any
    text_id: str | None
    place: str

    def annotation(self) -> Annotation | None:
        """The same as a person's answer; None where no label was decided."""
        if self.choice == "drop" or self.value is None:
            return None
        return Annotation(self.record_id, self.reviewer, self.value, self.created_at, self.place, text_id=self.text_id)


@dataclass(frozen=True)
class ReviewDecisions:
    """What becomes of rows: record id -> the decision that says so; `disputed`: what reviewers decided unlike."""

    keep: Mapping[str, Decided] = field(default_factory=dict)
    drop: Mapping[str, Decided] = field(default_factory=dict)
    disputed: Mapping[str, tuple[Decided, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything was decided."""
        return bool(self.keep or self.drop or self.disputed)


def read_decisions(folder: Path) -> list[Decided]:
    """Every decision of the folder, by file and line; none where it is not there.

    Raises PipelineError that names every unreadable line, and for a file that is neither decisions nor a README.
    """
    found: list[Decided] = []
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_dir() or path.name == "README.md" or path.name.startswith("."):
            continue
        if path.suffix != ".jsonl":
            raise PipelineError(
                f"{path}: no decisions.", "Files here end in .jsonl, as the report saves them. Move it."
            )
        found += _read(path)
    return found


def _read(path: Path) -> Iterator[Decided]:
    problems: list[str] = []
    for place, text in placed_lines(path):
        try:
            line = Line.model_validate_json(json.dumps(decoded(text)), strict=True)
            moment = parse_time(line.created_at)
            who = (line.record_id, line.decision, line.reviewer)
            yield Decided(*who, moment, line.value, line.text_id, place)
        except ValidationError as error:
            problems += [f"{place}: {'.'.join(map(str, e['loc'])) or 'line'}: {e['msg']}" for e in error.errors()]
        except ValueError as error:
            problems.append(f"{place}: {error}: {shorten(text, 60)}")
    stop(path, problems)


def latest(found: Iterable[Decided]) -> dict[str, dict[str, Decided]]:
    """Record id -> reviewer -> that reviewer's latest decision; of one moment's several the one that stands last."""
    kept: dict[str, dict[str, Decided]] = defaultdict(dict)
    for one in found:
        known = kept[one.record_id].setdefault(one.reviewer, one)
        if one.created_at >= known.created_at:
            kept[one.record_id][one.reviewer] = one
    return kept


def final_decisions(found: Iterable[Decided]) -> ReviewDecisions:
    """What becomes of rows. Where one reviewer drops what another keeps, neither counts: the record stays as it was."""
    keep, drop, disputed = dict[str, Decided](), dict[str, Decided](), dict[str, tuple[Decided, ...]]()
    for record_id, by_reviewer in sorted(latest(found).items()):
        said = sorted(by_reviewer.values(), key=lambda one: (one.created_at, one.place))
        if len({one.choice == "drop" for one in said}) > 1:
            disputed[record_id] = tuple(said)
        else:
            (drop if said[-1].choice == "drop" else keep)[record_id] = said[-1]
    return ReviewDecisions(keep, drop, disputed)
