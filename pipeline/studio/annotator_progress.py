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
    asked, right = _on_gold(used, gold)
    columns = 3 if project.settings.show_gold_results else 2
    lines = [_row(_TITLES[project.settings.language][:columns], "th")]
    for name, count in answered.most_common():
        cells = (escape(name), f"{count} / {tasks}", f"{right[name]} / {asked[name]}")
        lines.append(_row(cells[:columns], "td"))
    return f"<table>{''.join(lines)}</table>"


def _on_gold(used: Sequence[Annotation], gold: Mapping[str, str]) -> tuple[Counter[str], Counter[str]]:
    """Answers to gold questions by annotator: all of them, and those that are right."""
    answers = [one for one in used if one.record_id in gold]
    right = Counter(one.annotator for one in answers if gold[one.record_id] == as_json(one.value))
    return Counter(one.annotator for one in answers), right


def _row(cells: Sequence[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>"
