"""The push ledger, `data/annotations/.pushed.json`: which task in Label Studio each record is, and what it showed.

`sft label push` writes it, `label` reads whether a pre-label was shown, the report links to the tasks. It holds
addresses and numbers, never a token. A hidden file, so that it is not read as annotations; it belongs under version
control with them.
"""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field

from pipeline.annotation.renamed_labels import new_value
from pipeline.core.errors import PipelineError, shorten
from pipeline.core.record import as_json
from pipeline.core.settings import Settings, Task, parse
from pipeline.runtime.store import read_json

LEDGER = ".pushed.json"


class Place(Settings):
    """A project on a server."""

    url: str  # the server's address, without user name and password
    id: int


class Sent(Settings):
    """One record's task. `task` None: it is no longer in the project."""

    project: str  # a key of `projects`
    text_id: str  # which text the task shows
    key: str | None = None  # the source's own id of the record
    task: int | None = None
    shown: bool | None = None  # whether the pre-label was shown, where a lot decided it; else null
    prelabel: str | None = None  # the pre-label that was shown or held back by lot, as JSON


class Pushed(Settings):
    """The ledger: projects by their mark, tasks by record id; and the answers that were given back.

    `reopened`: places (project mark/task/annotation) of answers that `sft label push` took out of Label Studio, since
    they could not be used. Nobody withdrew them.
    """

    projects: dict[str, Place] = Field(default_factory=dict)
    tasks: dict[str, Sent] = Field(default_factory=dict)
    reopened: list[str] = Field(default_factory=list)

    def link(self, record_id: str) -> str | None:
        """Where the record's task opens in the data manager; None where it has no task."""
        sent = self.tasks.get(record_id)
        place = self.projects.get(sent.project) if sent else None
        if sent is None or sent.task is None or place is None or not place.url.startswith(("http://", "https://")):
            return None
        return f"{place.url}/projects/{place.id}/data?task={sent.task}"


def read_pushed(annotations: Path, task: Task | None = None) -> Pushed:
    """The ledger in the folder `annotations`; an empty one where nothing was pushed.

    With `task`, pre-labels have the labels of today (`task.renamed`), as the answers have that are held against them.
    """
    file = annotations / LEDGER
    if not file.is_file():
        return Pushed()
    try:
        found = parse(read_json(file), Pushed, str(file))
        return _with_new_labels(found, task) if task is not None and task.renamed else found
    except (ValueError, PipelineError) as error:
        raise PipelineError(
            f"{file}: not readable: {shorten(error, 300)}",
            "Restore it from version control, or delete it and run: sft label push",
        ) from None


def _with_new_labels(pushed: Pushed, task: Task) -> Pushed:
    tasks = {
        name: sent.model_copy(update={"prelabel": as_json(new_value(json.loads(sent.prelabel), task))})
        for name, sent in pushed.tasks.items()
        if sent.prelabel is not None
    }
    return pushed.model_copy(update={"tasks": {**pushed.tasks, **tasks}})


def public(url: str) -> str:
    """The address without user name, password and query, which may be secret."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))
