"""The labeling config of a Label Studio project: made from the task type, and held against what a project has."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from pipeline.annotation.controls import Control, controls
from pipeline.core.errors import shorten
from pipeline.core.settings import Task
from pipeline.tasks import task_type


def project_config(task: Task, language: str) -> str:
    """The task type's config with one line that says what to do, in `language` (en or zh)."""
    kind = task_type(task)
    return kind.labeling_config(task).replace("<View>", f"<View><Header value={quoteattr(kind.ASK[language])}/>", 1)


def config_problems(config: str, task: Task) -> list[str]:
    """Why answers of `task` cannot be shown or taken with this config; empty where they can.

    People may restyle the page and add controls of their own: only what our answers use must be there.
    """
    try:
        found = {control.name: control for control in controls(config)}
    except (ElementTree.ParseError, ValueError) as error:
        return [f"it is not readable as XML: {shorten(error)}"]
    needed = controls(task_type(task).labeling_config(task))
    return [problem for ours in needed for problem in _differences(ours, found.get(ours.name))]


def _differences(ours: Control, theirs: Control | None) -> Iterator[str]:
    if theirs is None:
        yield f"the control '{ours.name}' ({ours.tag}) is missing"
        return
    if (theirs.tag, theirs.target) != (ours.tag, ours.target):
        yield f"the control '{ours.name}' is not a {ours.tag} on '{ours.target}' any more"
    missing = [value for value in ours.values if value not in theirs.values]
    if missing:
        yield f"the label '{missing[0]}' is missing from '{ours.name}' ({len(missing)} missing in all)"


def extra_labels(config: str, task: Task) -> list[str]:
    """Labels that the project offers and `task.labels` does not hold: answers with them cannot be used."""
    ours = {control.name: set(control.values) for control in controls(task_type(task).labeling_config(task))}
    return sorted(
        {v for control in controls(config) for v in control.values if control.name in ours}
        - set().union(*ours.values())
    )
