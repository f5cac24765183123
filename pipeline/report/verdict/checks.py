"""What the verdict weighs, in the order in which its sentence names reasons of equal weight."""

from __future__ import annotations

from pipeline.report.verdict.expectations import counts_add_up, drift, errors, warnings
from pipeline.report.verdict.finding import Check
from pipeline.report.verdict.labels import label_noise, learnable, test_labels
from pipeline.report.verdict.model import encoder_reads, model
from pipeline.report.verdict.splits import contamination, dev_size, leakage, representative, test_classes, test_size
from pipeline.report.verdict.splits import train_size as size

CHECKS: dict[str, Check] = {
    "expectations": errors,
    "counts": counts_add_up,
    "leakage": leakage,
    "train_size": size,
    "learnable": learnable,
    "label_noise": label_noise,
    "model": model,
    "encoder": encoder_reads,
    "test_size": test_size,
    "test_classes": test_classes,
    "test_labels": test_labels,
    "dev_size": dev_size,
    "contamination": contamination,
    "representative": representative,
    "drift": drift,
    "warnings": warnings,
}
