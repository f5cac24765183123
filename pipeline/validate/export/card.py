"""The dataset card: metadata that the hub and `load_dataset` read, and facts for people."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML

from pipeline.core.errors import shorten
from pipeline.core.settings import Task
from pipeline.validate.export.licences import hub_id, most_restrictive
from pipeline.validate.params import Params

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
    licences: Sequence[Mapping[str, Any]],
    report: Mapping[str, Any],
    stages: Mapping[str, Mapping[str, Any]],
) -> str:
    """README.md of the dataset folder: YAML metadata between rules, then Markdown.

    `report` is the report of this stage, `stages` maps earlier stages to theirs.
    """
    totals = report["dataset"]
    names = [row["licence"] for row in licences]
    languages = sorted(filter(None, totals["languages"]))
    head = _metadata(params, languages, category, sizes, names, totals["label_by"])
    parts = [
        f"---\n{head}---\n\n# {plain(params.name)}",
        plain(params.about),
        f"Task type: {task.type}. Rows: {', '.join(f'{name} {count:,}' for name, count in sizes.items())}.",
        _LOAD,
        "## Rows",
        *_counts(totals),
        *_mixture(totals.get("mixture", ())),
        "## Sources and licences",
        table(("source", "kind", "licence", "rows"), licences),
        f"Most restrictive licence: {plain(most_restrictive(names))}; this one binds the dataset as a whole.",
        "## How labels were decided",
        table(("label_by", "rows"), _rows("label_by", totals["label_by"])),
        "## From source rows to this dataset",
        table(("stage", "in", "added", "kept", "dropped"), [{"stage": s, **r} for s, r in stages.items()]),
        "Sources, annotators, agreement and what nobody recorded: [DATA_STATEMENT.md](DATA_STATEMENT.md).",
        "## Known limits",
        "\n".join(f"- {limit}" for limit in limits(report, stages)),
    ]
    return paragraphs(parts)


def _mixture(groups: Sequence[Mapping[str, Any]]) -> Iterator[str]:
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


def _metadata(
    params: Params,
    languages: Sequence[str],
    category: str,
    sizes: Mapping[str, int],
    licences: Sequence[str],
    deciders: Mapping[str, int],
) -> str:
    strictest = most_restrictive(licences)
    licence = hub_id(strictest)
    total = sum(sizes.values())
    values: dict[str, Any] = {"pretty_name": params.name, "language": languages, "license": licence}
    if licence == "other":
        values["license_name"] = "most-restrictive-of-the-sources"
        values["license_details"] = strictest or "not stated"
    values["multilinguality"] = ["monolingual" if len(languages) == 1 else "multilingual"]
    values["annotations_creators"] = sorted({_CREATORS.get(who.partition(":")[0], "other") for who in deciders})
    values["source_datasets"] = ["original"]
    values["task_categories"] = [category]
    values["size_categories"] = [next((name for limit, name in _SIZES if total < limit), "1M<n<10M")]
    files = [{"split": name, "path": f"data/{name}-*.parquet"} for name in sizes]
    values["configs"] = [{"config_name": "default", "data_files": files}]
    stream = io.StringIO()
    yaml = YAML()
    yaml.width = 120
    yaml.dump(values, stream)
    return stream.getvalue()


def _counts(totals: Mapping[str, Any]) -> Iterator[str]:
    names = list(totals["rows"])
    classes = sorted({label for counts in totals["classes"].values() for label in counts})
    rows = [{"class": c, **{name: totals["classes"][name].get(c, 0) for name in names}} for c in classes]
    if rows:
        yield table(("class", *names), rows)
    yield table(("language", "rows"), _rows("language", totals["languages"]))
    yield f"Augmented rows: {totals['augmented']:,} (their `parent_id` names the row they were made from)."


def _dropped_by(stage: str, report: Mapping[str, Any]) -> Iterator[str]:
    for step in report.get("steps", ()):
        if step.get("reasons"):
            yield f"{stage}, {plain(str(step['step']))} dropped {_reasons(step['reasons'])}."


def limits(report: Mapping[str, Any], stages: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What is known to be missing or broken, one sentence each."""
    for finding in report["expectations"]:
        if not finding["passed"]:
            yield f"{plain(finding['title'])}: not met, {plain(finding['observed'])}."
    for reason, count in report["dataset"]["not_exported"].items():
        if count:
            yield f"{count:,} records were not exported: {plain(reason).replace(chr(92), '')}."
    for stage, found in stages.items():
        yield from _dropped_by(stage, found)
    yield _personal_data(stages.get("clean", {}))
    yield "Expectations look for what they name; what none of them names was not checked."


def _reasons(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {plain(reason)}" for reason, count in sorted(counts.items()))


def _personal_data(clean: Mapping[str, Any]) -> str:
    """What of personal data nobody looked for."""
    notes = next((step.get("notes") or {} for step in clean.get("steps", ()) if step["step"] == "pii"), None)
    if notes is None:
        return "Personal data and secrets were not looked for."
    missing = notes.get("not_looked_for") or ()
    also = f"; not looked for: {', '.join(missing)} (clean.pii.recogniser)" if missing else ""
    return f"Personal data and secrets were looked for by pattern; other forms than those known stay{also}."


def _rows(name: str, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{name: value, "rows": count} for value, count in counts.items()]


def table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a Markdown table; numbers with thousands marked, text made inert."""

    def cell(value: Any) -> str:
        return f"{value:,}" if isinstance(value, int) else plain(str(value))

    head = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    return "\n".join([*head, *(f"| {' | '.join(cell(row.get(name, '')) for name in columns)} |" for row in rows)])
