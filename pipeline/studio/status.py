"""`sft label status`: how far the round is, who answered, and how far people agree so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.settings import Task
from pipeline.studio.project import connect, extra, find

if TYPE_CHECKING:
    from pipeline.annotation.annotations import Annotation


def status(folder: Path) -> Iterator[str]:
    """Lines for people. Counts are the server's now; agreement is that of the answers pulled into `folder`."""
    project = find(connect(), check=False)
    yield f"project '{project.title}': {project.url}"
    about = project.client.get(f"/api/projects/{project.id}/")
    yield (
        f"tasks {about['task_number']:,}: finished {about['finished_task_number']:,}, "
        f"with an answer {about['num_tasks_with_annotations']:,}; answers {about['total_annotations_number']:,}, "
        f"skipped {about['skipped_annotations_number']:,}; people per task {about['maximum_annotations']}"
    )
    yield from extra(project)
    yield from _pulled(project.task, folder)


def _pulled(task: Task, folder: Path) -> Iterator[str]:
    from pipeline.annotation.annotations import Annotation, read_folder
    from pipeline.annotation.label_studio_export import readers

    found = [one for one in read_folder(folder, readers(task)) if isinstance(one, Annotation)]
    if not found:
        yield "nothing pulled yet: sft label pull"
        return
    people = Counter(one.annotator for one in found)
    yield f"pulled answers {len(found):,}: " + ", ".join(f"{name} {count:,}" for name, count in people.most_common(20))
    yield _agreement(found)


def _agreement(found: Sequence[Annotation]) -> str:
    """How far people agree, by the last answer of each person to each record."""
    from pipeline.core.record import as_json
    from pipeline.label.aggregation.votes import encode
    from pipeline.label.agreement import alpha_interval, krippendorff_alpha

    in_order = sorted(found, key=lambda one: one.created_at)
    latest = {(one.record_id, one.annotator): as_json(one.value) for one in in_order}
    counts = encode([(record, person, value) for (record, person), value in latest.items()]).counts()
    alpha, interval = krippendorff_alpha(counts), alpha_interval(counts, 1000)
    if alpha is None or interval is None:
        return "agreement: no record has answers of two people yet"
    return f"agreement: Krippendorff's alpha {alpha:.2f} ({interval[0]:.2f} to {interval[1]:.2f})"
