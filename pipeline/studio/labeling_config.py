"""The labeling config of a Label Studio project: made from the task type, and held against what a project has."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from pipeline.errors import shorten
from pipeline.settings import Task
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
        found = dict(_controls(config))
    except (ElementTree.ParseError, ValueError) as error:
        return [f"it is not readable as XML: {shorten(error)}"]
    problems = []
    for name, (tag, target, values) in _controls(task_type(task).labeling_config(task)):
        if name not in found:
            problems.append(f"the control '{name}' ({tag}) is missing")
            continue
        if found[name][:2] != (tag, target):
            problems.append(f"the control '{name}' is not a {tag} on '{target}' any more")
        missing = [value for value in values if value not in found[name][2]]
        if missing:
            problems.append(f"the label '{missing[0]}' is missing from '{name}' ({len(missing)} missing in all)")
    return problems


def extra_labels(config: str, task: Task) -> list[str]:
    """Labels that the project offers and `task.labels` does not hold: answers with them cannot be used."""
    ours = {v for _, (_, _, values) in _controls(task_type(task).labeling_config(task)) for v in values}
    names = {name for name, _ in _controls(task_type(task).labeling_config(task))}
    return sorted({v for name, (_, _, values) in _controls(config) if name in names for v in values} - ours)


def _controls(config: str) -> Iterator[tuple[str, tuple[str, str, tuple[str, ...]]]]:
    """(name, (tag, what it labels, its values)) of every control."""
    if "<!" in config.replace("<!--", ""):
        raise ValueError("document types and entities are not allowed")
    for element in ElementTree.fromstring(config).iter():
        if "toName" in element.attrib:
            values = [
                str(child.get("alias") or child.get("value", "")) for child in element.iter() if child is not element
            ]
            yield element.get("name", ""), (element.tag, element.attrib["toName"], tuple(values))
