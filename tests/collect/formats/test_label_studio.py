from __future__ import annotations

import json

from tests.collect.reading import read, values


def test_label_studio_export(tmp_path):
    task = {"id": 7, "data": {"item": "k1"}, "annotations": []}
    good = {"completed_by": {"id": 3, "email": "a@b.c"}, "result": [], "created_at": "2026-01-01"}
    tasks = [task | {"annotations": [good, {"was_cancelled": True, "result": []}]}, task, {"x": 1}]
    rows = read(tmp_path, "a.json", json.dumps(tasks), format="label_studio")
    first = {"item": "k1", "task_id": 7, "worker": 3, "time": "2026-01-01", "result": []}
    assert values(rows) == [first, "cancelled", "no_annotation", "not_a_task"]
