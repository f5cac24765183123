"""The data statement: who made the data, how labels came about, what is known to be wrong (Bender and Friedman 2018).

Everything is filled from what the stages recorded; what nobody recorded is called unknown, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipeline.core.report_types import StageReports
from pipeline.core.settings import Task
from pipeline.validate.export.card import limits, notes_of, paragraphs, plain, table
from pipeline.validate.export.licences import most_restrictive
from pipeline.validate.params import Params
from pipeline.validate.report_types import LicenceRow, Profile, Report

_PEOPLE = ("age, gender, native language and training of annotators", "pay and working conditions of annotators")
_WRITERS = ("who wrote the texts, and whether they agreed to this use", "when the texts were written")


def statement(
    params: Params,
    task: Task,
    licences: Sequence[LicenceRow],
    report: Report,
    stages: StageReports,
    profile: Profile,
) -> str:
    """DATA_STATEMENT.md: sources, languages, annotators and agreement, processing, quality scores, limits, unknowns."""
    totals = report["dataset"]
    parts = [
        f"# Data statement: {plain(params.name)}",
        plain(params.about),
        "## Sources",
        table(("source", "kind", "licence", "rows"), licences),
        f"Binding licence: {plain(most_restrictive([row['licence'] for row in licences]))}.",
        "## Languages",
        table(("language", "rows"), _rows("language", totals["languages"])),
        "## Labels",
        f"Task: {task.type}." + (f" Declared labels: {plain(', '.join(task.labels))}." if task.labels else ""),
        table(("decided by", "rows"), _rows("decided by", totals["label_by"])),
        *_agreement(notes_of(stages, "label").get("agreement", {})),
        "## Processing",
        "\n".join(_processing(stages)) or "No step dropped or changed anything.",
        "## Quality",
        table(("quality score", "value"), _scores(profile)),
        "## Known limits",
        "\n".join(f"- {limit}" for limit in limits(report, stages)),
        "## Unknown",
        "\n".join(f"- {what}" for what in (*_WRITERS, *_PEOPLE)),
    ]
    return paragraphs(parts)


def _rows(name: str, counts: Mapping[str, int]) -> list[dict[str, object]]:
    return [{name: value or "unknown", "rows": count} for value, count in counts.items()]


def _agreement(found: Mapping[str, object]) -> Iterator[str]:
    rows = [
        {
            "voice": voice,
            "annotators": one.get("annotators", "unknown"),
            "items": one.get("items", 0),
            "Krippendorff's alpha": _figure(one.get("alpha")),
            "95 % interval": " to ".join(_figure(end) for end in one.get("alpha_interval") or ()) or "unknown",
        }
        for voice, one in sorted(found.items())
        if isinstance(one, Mapping) and one.get("items")
    ]
    yield (
        table(tuple(rows[0]), rows)
        if rows
        else "No record was labelled by more than one annotator, so agreement is unknown."
    )


def _processing(stages: StageReports) -> Iterator[str]:
    for stage, report in stages.items():
        for step in report.get("steps", ()):
            counts = {"added": step.get("added"), "changed": step.get("changed"), "dropped": step.get("dropped")}
            done = [f"{n:,} {key}" for key, n in counts.items() if n]
            if done:
                yield f"- {stage}, {plain(str(step['step']))}: {', '.join(done)}"


def _scores(profile: Profile) -> list[dict[str, str]]:
    scores = profile.get("quality_scores", {})
    return [{"quality score": name.replace("_", " "), "value": _figure(one["score"])} for name, one in scores.items()]


def _figure(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f}"
