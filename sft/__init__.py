"""The pipeline from Python: steps on rows of yours, functions on plain lists, and projects with their stages.

>>> import sft
>>> rows = [{"text": "Good!", "label": "pos"}, {"text": "Good!", "label": "pos"}, {"text": "Bad.", "label": "neg"}]
>>> task = {"type": "classification", "labels": ["pos", "neg"]}
>>> result = sft.step("exact_duplicates", rows, task=task, target="label")
>>> [row["text"] for row in result.kept], [row["reason"] for row in result.dropped]
(['Good!', 'Bad.'], ['exact_duplicate'])

What `dvc repro` does with a project's files, `Project` does one stage at a time; docs/python.md has more.
"""

from sft.functions import Copy, Duplicate, Suspect, contaminated, label_errors, near_duplicates, render
from sft.project import Project
from sft.rows import Edit, Result
from sft.steps import step

__all__ = [
    "Copy",
    "Duplicate",
    "Edit",
    "Project",
    "Result",
    "Suspect",
    "contaminated",
    "label_errors",
    "near_duplicates",
    "render",
    "step",
]
