"""How far each person is, told to all in the project's instructions: Label Studio shows nobody their own count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from pipeline.annotation.annotations import Annotation
from pipeline.core.record import as_json
from pipeline.studio.guidelines import instruction
from pipeline.studio.project import Project

#: Titles of the columns, by language of the interface.
_TITLES = {"en": ("annotator", "answered", "gold questions right"), "zh": ("标注者", "已答", "测试题答对")}


def tell_progress(project: Project, used: Sequence[Annotation], gold: Mapping[str, str]) -> None:
    """Write the instructions anew with a line a person: answers, and gold answers right where the lead allows."""
    tasks = project.client.get(f"/api/projects/{project.id}/")["task_number"]
    html = instruction(project.settings) + progress_table(project, used, gold, tasks)
    project.client.patch(f"/api/projects/{project.id}/", {"expert_instruction": html})


def progress_table(project: Project, used: Sequence[Annotation], gold: Mapping[str, str], tasks: int) -> str:
    """The table, most answers first; empty before anybody has answered."""
    answered = Counter(one.annotator for one in used)
    if not answered:
        return ""
    shown = project.settings.show_gold_results
    asked = Counter(one.annotator for one in used if one.record_id in gold)
    right = Counter(one.annotator for one in used if gold.get(one.record_id) == as_json(one.value))
    titles = _TITLES[project.settings.language][: 3 if shown else 2]
    rows = [f"<tr>{''.join(f'<th>{title}</th>' for title in titles)}</tr>"]
    for name, count in answered.most_common():
        cells = [escape(name), f"{count} / {tasks}", *([f"{right[name]} / {asked[name]}"] if shown else [])]
        rows.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    return f"<table>{''.join(rows)}</table>"
