"""The README.md of a trained model: facts of this run, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.core.settings import Task

#: Settings that say how the model was trained, in the order in which people ask.
_SETTINGS = (
    "freeze", "gradual_unfreezing", "lora", "epochs", "batch_size", "gradient_accumulation_steps", "max_length",
    "packing", "learning_rate", "head_learning_rate", "layer_decay", "lr_scheduler_type", "warmup_ratio", "optimizer",
    "weight_decay", "max_grad_norm", "dropout", "label_smoothing", "class_weights", "sampling", "focal_gamma", "seed",
)  # fmt: skip

_CLASSES = {
    "classification": "AutoModelForSequenceClassification",
    "regression": "AutoModelForSequenceClassification",
    "ner": "AutoModelForTokenClassification",
    "qa": "AutoModelForQuestionAnswering",
}


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
{rows["dev"]["used"]:,} development examples.{_licence(report.get("base_licence"))}
{labels}
| development metric | this model | before fine-tuning |
|---|---|---|
{metrics}

Test figures with intervals are in the evaluation report of the same run (`data/evaluate/report.json`).

## Use

    sft predict --model <this folder> --text "..."
{_loading(task)}
`sft.json` holds what the weights do not: task settings, labels, the temperature that calibrates confidences.

## Training data

{_table("source", report["from"]["source"])}{_table("language", report["from"]["lang"])}
{_losses(rows["train"])}The dataset card beside the exported dataset names licences and what each source went through.

## Training settings

{_settings(report["settings"])}

## Limits

Evaluated on data like its training data only; the evaluation report names the slices where it does worse, how it takes
small edits of its input, and, where groups were declared, how even its errors are. What is not there was not measured.
"""


def _licence(licence: str | None) -> str:
    return f" The base model's licence: {licence}." if licence else ""


def _loading(task: Task) -> str:
    kind = _CLASSES.get(task.type)
    return f"    transformers.{kind}.from_pretrained(<this folder>)\n" if kind else ""


def _table(name: str, counts: Mapping[str, int]) -> str:
    if not counts:
        return ""
    lines = "\n".join(f"| {value} | {count:,} |" for value, count in counts.items())
    return f"| {name} | rows |\n|---|---|\n{lines}\n\n"


def _losses(rows: Mapping[str, Any]) -> str:
    """What of the training rows was not learned from whole."""
    dropped = "".join(f"{count:,} rows were left out ({reason}). " for reason, count in rows["dropped"].items())
    cut = f"{rows['cut']:,} rows were longer than max_length and were cut. " if rows["cut"] else ""
    return dropped + cut


def _settings(settings: Mapping[str, Any]) -> str:
    shown = ", ".join(f"{name} {settings[name]}" for name in _SETTINGS if settings.get(name) not in (None, False))
    return f"{shown}."
