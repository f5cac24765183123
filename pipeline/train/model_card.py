"""The README.md of a trained model: facts of this run, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.settings import Task


def model_card(report: Mapping[str, Any], task: Task) -> str:
    """Markdown with the metadata block that model hubs read."""
    languages = "\n".join(f"- {language}" for language in task.languages)
    rows, dev = report["rows"], report["dev"]
    metrics = "\n".join(f"| {name} | {dev[name]:.4f} | {report['dev_before'][name]:.4f} |" for name in sorted(dev))
    trained, total = report["parameters"]["trained"], report["parameters"]["all"]
    labels = f"\nLabels: {', '.join(task.labels)}.\n" if task.labels else ""
    return f"""---
language:
{languages}
library_name: transformers
---

# A {task.type} model

Fine-tuned from `{report["base_model"]}` on {rows["train"]["used"]:,} examples; {trained:,} of {total:,} parameters
were trained. Of {report["steps"]} steps, the model after step {report["best_step"]} did best on
{rows["dev"]["used"]:,} development examples.
{labels}
| development metric | this model | before fine-tuning |
|---|---|---|
{metrics}

Test figures are in the evaluation report of the same run; settings are in `sft.json` and the training report.
"""
