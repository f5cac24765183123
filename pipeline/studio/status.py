"""`sft label status`: how far the round is, who answered, and how far people agree so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.annotation.annotations import Annotation, latest_answers
from pipeline.core.settings import Task
from pipeline.studio.annotation_queue import named_by
from pipeline.studio.answer_file import read_answers
from pipeline.studio.model_version import reset_dead_backend
from pipeline.studio.project import connect, extra, find
from pipeline.text.pseudonyms import pseudonym


def status(folder: Path) -> Iterator[str]:
    """Lines for people. Counts are the server's now; agreement is that of the answers pulled into `folder`."""
    project = find(connect(), check=False)
    yield from reset_dead_backend(project)
    yield f"project '{project.title}': {project.url}"
    about = project.client.get(f"/api/projects/{project.id}/")
    yield (
        f"tasks {about['task_number']:,}: finished {about['finished_task_number']:,}, "
        f"with an answer {about['num_tasks_with_annotations']:,}; answers {about['total_annotations_number']:,}, "
        f"skipped {about['skipped_annotations_number']:,}; people per task {about['maximum_annotations']}"
    )
    yield from extra(project)
    yield from _pulled(project.task, folder)


def standing(folder: Path) -> dict[str, object]:
    """What `status` says as figures; `pulled` counts the answers in `folder` by the pseudonym of who gave them."""
    project = find(connect(), check=False)
    about = project.client.get(f"/api/projects/{project.id}/")
    found = [one for one in read_answers(folder, project.task) if isinstance(one, Annotation)]
    people = Counter(pseudonym(one.annotator, "annotator") for one in found)
    return {
        "project": project.title,
        "url": project.url,
        **{name: about[key] for name, key in _COUNTS.items()},
        "pulled": dict(sorted(people.items())),
        "agreement": _agreement(found, project.task, folder) if found else None,
    }


#: What the server counts, by our name for it.
_COUNTS = {
    "tasks": "task_number",
    "finished": "finished_task_number",
    "with_an_answer": "num_tasks_with_annotations",
    "answers": "total_annotations_number",
    "skipped": "skipped_annotations_number",
    "people_per_task": "maximum_annotations",
}


def _pulled(task: Task, folder: Path) -> Iterator[str]:
    found = [one for one in read_answers(folder, task) if isinstance(one, Annotation)]
    if not found:
        yield "nothing pulled yet: sft label pull"
        return
    people = Counter(one.annotator for one in found)
    yield f"pulled answers {len(found):,}: " + ", ".join(
        f"{_known_as(name)} {count:,}" for name, count in people.most_common(20)
    )
    yield _agreement(found, task, folder)


def _known_as(name: str) -> str:
    """The person, and the pseudonym that stands for an address everywhere but in data/annotations."""
    elsewhere = pseudonym(name, "annotator")
    return name if elsewhere == name else f"{name} (in reports {elsewhere})"


def _agreement(found: Sequence[Annotation], task: Task, folder: Path) -> str:
    """How far people agree: Krippendorff's alpha as the stage `label` reports it of the same answers."""
    from pipeline.annotation.checks import by_own_key, check_against
    from pipeline.core.settings import load
    from pipeline.label.evidence import form_of, votes_of
    from pipeline.label.params import Params
    from pipeline.stats.agreement import alpha_interval, krippendorff_alpha

    records = named_by({one.record_id for one in found}, folder.parent / "clean" / "records.parquet")
    params = load("label", Params)
    reading = latest_answers(by_own_key(found, records), check_against(records, task, params.half_words))
    form = form_of(task)
    if form == "free":
        return "agreement: no figure, since answers of this task are free"
    votes = votes_of(reading.votes(), form)
    counts = None if votes is None else votes.counts()
    alpha = None if counts is None else krippendorff_alpha(counts)
    interval = None if counts is None else alpha_interval(counts, params.agreement.resamples)
    if alpha is None or interval is None:
        return "agreement: no record has answers of two people yet"
    return f"agreement: Krippendorff's alpha {alpha:.2f} ({interval[0]:.2f} to {interval[1]:.2f})"
