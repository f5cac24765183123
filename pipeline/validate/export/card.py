"""The dataset card: metadata that the hub and `load_dataset` read, and facts for people."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
from ruamel.yaml import YAML

from pipeline.core.errors import shorten
from pipeline.core.record import as_json
from pipeline.core.report_types import StageReport, StageReports, StepReport
from pipeline.core.settings import Task
from pipeline.validate.export.columns import described, features, samples
from pipeline.validate.export.licences import hub_id, most_restrictive
from pipeline.validate.params import Params
from pipeline.validate.report_types import LicenceRow, Report, Totals

# `_SIZES`: size classes of dataset cards on the Hugging Face hub.
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))

#: Kind of decider -> what the hub calls those who annotate.
_CREATORS = {"human": "other", "crowd": "crowdsourced", "source": "found", "model": "machine-generated"}

_LOAD = """```python
from datasets import load_dataset

dataset = load_dataset("path/to/this/folder")
```"""


def card(
    params: Params,
    task: Task,
    category: str,
    sizes: Mapping[str, int],
    licences: Sequence[LicenceRow],
    report: Report,
    stages: StageReports,
    splits: Mapping[str, pa.Table],
) -> str:
    """README.md of the dataset folder: YAML metadata between rules, then Markdown.

    `report` is the report of this stage, `stages` maps earlier stages to theirs; `splits` are the exported rows.
    """
    totals = report["dataset"]
    names = [row["licence"] for row in licences]
    languages = sorted(filter(None, totals["languages"]))
    schema = next(iter(splits.values())).schema
    declared = features(schema, task)
    head = _metadata(params, languages, category, sizes, names, totals["label_by"], declared)
    parts = [
        f"---\n{head}---\n\n# {plain(params.name)}",
        plain(params.about),
        f"Version {plain(params.version)}{f', {params.date}' if params.date else ''}. Task type: {task.type}. "
        f"Rows: {', '.join(f'{name} {count:,}' for name, count in sizes.items())}.",
        _LOAD,
        "## Columns",
        table(("column", "type", "meaning"), described(schema)),
        *_classes(declared, task),
        "## Sample rows",
        _samples(splits, schema),
        "## Rows",
        *_counts(totals),
        *_mixture(totals.get("mixture", ())),
        "## Sources and licences",
        table(("source", "kind", "licence", "rows"), licences),
        f"Most restrictive licence: {plain(most_restrictive(names))}; this one binds the dataset as a whole.",
        "## How labels were decided",
        table(("label_by", "rows"), _rows("label_by", totals["label_by"])),
        noise_sentence(stages),
        "## From source rows to this dataset",
        table(("stage", "in", "added", "kept", "dropped"), [{"stage": s, **r} for s, r in stages.items()]),
        "Sources, annotators, agreement and what nobody recorded: [DATA_STATEMENT.md](DATA_STATEMENT.md).",
        "## Known limits",
        "\n".join(f"- {limit}" for limit in limits(report, stages)),
        *(
            ["## Citation", f"```\n{params.citation.strip().replace('```', '')}\n```"]
            if params.citation.strip()
            else []
        ),
    ]
    return paragraphs(parts)


def _classes(declared: object, task: Task) -> Iterator[str]:
    if declared:
        names = ", ".join(f"{n} {plain(name)}" for n, name in enumerate(task.labels))
        yield f"`load_dataset` gives the label as a `ClassLabel`: {names}. The files hold the names."


def _samples(splits: Mapping[str, pa.Table], schema: pa.Schema) -> str:
    """The first rows of each split; of a conversation its JSON, cut."""
    names = [name for name in schema.names if name not in _NOT_SAMPLED][:4]
    rows = [
        {name: shorten(value if isinstance(value, str) else as_json(value), 160) for name, value in row.items()}
        for row in samples(splits, names, 2)
    ]
    return table(("split", *names), rows)


_NOT_SAMPLED = ("id", "source_key", "group", "parent_id", "label_by", "label_confidence", "repeats")


def steps_of(stages: StageReports, stage: str) -> Sequence[StepReport]:
    """The steps of a stage; none where it is not told of."""
    return stages[stage].get("steps", ()) if stage in stages else ()


def notes_of(stages: StageReports, stage: str) -> Mapping[str, Any]:
    """What a stage as a whole noted; nothing where it is not told of."""
    return (stages[stage].get("notes") or {}) if stage in stages else {}


def noise_sentence(stages: StageReports) -> str:
    """How many labels are wrong, as people's audit or the estimate of clean says, or that nobody knows and why."""
    notes = [step.get("notes") or {} for step in steps_of(stages, "clean")]
    audit = notes_of(stages, "label").get("audit") or {}
    if audit.get("share"):
        return f"Wrong labels, by people's audit of a random sample: {_share(audit['share'])}."
    found: Mapping[str, Any] = next((one["label_noise"] for one in notes if one.get("label_noise")), {})
    if found.get("share"):
        return f"Wrong labels outside test, estimated by models that never saw a record: {_share(found['share'])}."
    why = str(found.get("cannot_tell") or "")
    return f"How many labels are wrong is not known{f': {plain(why)}' if why else ', nobody looked for it'}."


def _share(found: Mapping[str, float]) -> str:
    return f"{found['value']:.1%} (95 % interval {found['low']:.1%} to {found['high']:.1%})"


def _mixture(groups: Sequence[Mapping[str, object]]) -> Iterator[str]:
    if groups:
        yield "## Mixture"
        weighed = "Read each train row as often as its column `repeats` says; `tokens_read` are those of one epoch."
        yield weighed if "epochs" in groups[0] else "The train split by source. Each row is read once an epoch."
        yield table(tuple(groups[0]), groups)


def paragraphs(parts: Sequence[str]) -> str:
    """Parts of a page with a blank line between them, empty ones left out."""
    return "\n\n".join(filter(None, parts)) + "\n"


def plain(text: str) -> str:
    """Text from data or settings that cannot become markup or break a table."""
    one_line = shorten(text, 500).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|#])", r"\\\1", one_line)


def unmarked(text: str) -> str:
    """What `plain` was given, for files that are no Markdown."""
    return html.unescape(re.sub(r"\\([\\`*_\[\]|#])", r"\1", text))


def _metadata(
    params: Params,
    languages: Sequence[str],
    category: str,
    sizes: Mapping[str, int],
    licences: Sequence[str],
    deciders: Mapping[str, int],
    declared: Sequence[Mapping[str, object]] | None,
) -> str:
    strictest = most_restrictive(licences)
    licence = hub_id(strictest)
    values: dict[str, Any] = {"pretty_name": params.name, "language": languages, "license": licence}
    if licence == "other":
        values["license_name"] = "most-restrictive-of-the-sources"
        values["license_details"] = strictest or "not stated"
    values["multilinguality"] = ["monolingual" if len(languages) == 1 else "multilingual"]
    values["annotations_creators"] = sorted({_CREATORS.get(who.partition(":")[0], "other") for who in deciders})
    values["source_datasets"] = ["original"]
    values["task_categories"] = [category]
    values["size_categories"] = [_size_category(sum(sizes.values()))]
    files = [{"split": name, "path": f"data/{name}-*.parquet"} for name in sizes]
    values["configs"] = [{"config_name": "default", "data_files": files}]
    if declared:
        values["dataset_info"] = {"features": list(declared)}
    stream = io.StringIO()
    yaml = YAML()
    yaml.width = 120
    yaml.dump(values, stream)
    return stream.getvalue()


def _size_category(rows: int) -> str:
    return next((name for limit, name in _SIZES if rows < limit), "1M<n<10M")


def _counts(totals: Totals) -> Iterator[str]:
    names = list(totals["rows"])
    classes = sorted({label for counts in totals["classes"].values() for label in counts})
    rows = [{"class": c, **{name: totals["classes"][name].get(c, 0) for name in names}} for c in classes]
    if rows:
        yield table(("class", *names), rows)
    yield table(("language", "rows"), _rows("language", totals["languages"]))
    yield f"Augmented rows: {totals['augmented']:,} (their `parent_id` names the row they were made from)."


def _dropped_by(stage: str, report: StageReport) -> Iterator[str]:
    for step in report.get("steps", ()):
        if step.get("reasons"):
            yield f"{stage}, {plain(str(step['step']))} dropped {_reasons(step['reasons'])}."


def limits(report: Report, stages: StageReports) -> Iterator[str]:
    """What is known to be missing or broken, one sentence each."""
    for finding in report["expectations"]:
        if not finding["passed"]:
            yield f"{plain(finding['title'])}: not met, {plain(finding['observed'])}."
    for reason, count in report["dataset"]["not_exported"].items():
        if count:
            yield f"{count:,} records were not exported: {plain(reason).replace(chr(92), '')}."
    for stage, found in stages.items():
        yield from _dropped_by(stage, found)
    yield _personal_data(steps_of(stages, "clean"))
    yield "Expectations look for what they name; what none of them names was not checked."


def _reasons(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {plain(reason)}" for reason, count in sorted(counts.items()))


def _personal_data(steps: Sequence[StepReport]) -> str:
    """What of personal data nobody looked for."""
    notes = next((step.get("notes") or {} for step in steps if step["step"] == "pii"), None)
    if notes is None:
        return "Personal data and secrets were not looked for."
    missing = notes.get("not_looked_for") or ()
    also = f"; not looked for: {', '.join(missing)} (clean.pii.recogniser)" if missing else ""
    return f"Personal data and secrets were looked for by pattern; other forms than those known stay{also}."


def _rows(name: str, counts: Mapping[str, int]) -> list[dict[str, object]]:
    return [{name: value, "rows": count} for value, count in counts.items()]


def table(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> str:
    """Rows as a Markdown table; numbers with thousands marked, text made inert."""

    def cell(value: object) -> str:
        return f"{value:,}" if isinstance(value, int) else plain(str(value))

    head = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    return "\n".join([*head, *(f"| {' | '.join(cell(row.get(name, '')) for name in columns)} |" for row in rows)])
