"""The push ledger: which record is which task, and where it opens."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.annotation.push_ledger import LEDGER, Place, Pushed, Sent, public, read_pushed
from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.runtime.store import write_json
from pipeline.studio.ledger import Ledger
from pipeline.studio.params import Studio
from pipeline.studio.tasks import Question


def ledger(**task):
    places = {"ab": Place(url="https://labels.example.org/team", id=3)}
    return Pushed(projects=places, tasks={"r1": Sent(**{"project": "ab", "task": 17, "text_id": "t", **task})})


def test_a_record_links_to_its_task():
    assert ledger().link("r1") == "https://labels.example.org/team/projects/3/data?task=17"


@pytest.mark.parametrize(("name", "task"), [("r2", {}), ("r1", {"task": None}), ("r1", {"project": "gone"})])
def test_no_task_no_link(name, task):
    assert ledger(**task).link(name) is None


def test_an_address_that_a_browser_would_run_is_no_link():
    known = ledger()
    assert known.model_copy(update={"projects": {"ab": Place(url="javascript:alert(1)//", id=3)}}).link("r1") is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ann:secret@labels.example.org:8443/ls/?token=1", "https://labels.example.org:8443/ls"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_addresses_are_written_without_secrets(url, shown):
    assert public(url) == shown


TASK = Task(type="classification", labels=("neg", "好"))


@dataclass
class Asked:
    """What the ledger asks of a project."""

    mark: str
    id: int = 3
    url: str = "http://ann:secret@localhost:8080"

    task: Task = TASK
    settings: Studio = field(default_factory=lambda: Studio(blind_share=0.3))

    @property
    def client(self):
        return SimpleNamespace(url=self.url)


def project(mark: str, id: int = 3, **more: Any) -> Any:
    return Asked(mark, id, **more)


def settled(ledger: Ledger, tasks: dict[tuple[str, str], Any]) -> None:
    ledger.settle({key: {"id": id} for key, id in tasks.items()})  # type: ignore[typeddict-item]  # no more is read


def question(name, **more):
    return Question(Record(name, {"text": name}, Source("s", "files", "s.csv", 1, "CC0", "train")), "t", **more)


def test_the_ledger_keeps_what_the_lot_decided_and_the_prelabel_of_then(tmp_path):
    ledger = Ledger(tmp_path, project("ab"))
    ledger.sent(question("seen", value="好"), 1)
    ledger.sent(question("hidden", value="好", hidden=True), 2)
    ledger.sent(question("gold", value="好", gold='"neg"'), 3)
    ledger.sent(question("audit", audit=True), 4)
    ledger.write()
    again = Ledger(tmp_path, project("ab"))
    settled(again, {(name, "t"): n for n, name in enumerate(("seen", "hidden", "gold", "audit"), 1)})
    again.renewed(question("hidden", value="neg", hidden=True))
    again.renewed(question("gold", value="neg"))
    again.write()
    assert {name: (sent.shown, sent.prelabel) for name, sent in read_pushed(tmp_path).tasks.items()} == {
        "seen": (True, '"好"'),
        "hidden": (False, '"neg"'),
        "gold": (None, None),
        "audit": (None, None),
    }
    off = Ledger(tmp_path, project("cd", settings=Studio(blind_share=0.0)))
    off.sent(question("seen", value="好"), 9)
    off.write()
    assert read_pushed(tmp_path).tasks["seen"].shown is None


def test_the_ledger_follows_the_project(tmp_path):
    first = Ledger(tmp_path, project("ab"))
    settled(first, {("old", "t"): 1, ("gone", "t"): 2})
    first.sent(question("new"), 9)
    first.write()
    assert "secret" not in (tmp_path / LEDGER).read_text("utf-8")
    again = Ledger(tmp_path, project("ab"))
    settled(again, {("old", "t"): 1, ("new", "u"): 10})
    again.write()
    known = read_pushed(tmp_path)
    assert {name: (sent.task, sent.text_id) for name, sent in known.tasks.items()} == {
        "old": (1, "t"),
        "gone": (None, "t"),
        "new": (10, "u"),
    }
    other = Ledger(tmp_path, project("cd", 4))
    settled(other, {("old", "t"): 5})
    other.write()
    moved = read_pushed(tmp_path)
    assert (moved.link("old"), moved.link("new")) == (
        "http://localhost:8080/projects/4/data?task=5",
        "http://localhost:8080/projects/3/data?task=10",
    )


def test_prelabels_are_read_by_todays_names(tmp_path):
    ledger = Ledger(tmp_path, project("ab"))
    ledger.sent(question("one", value="neg"), 1)
    ledger.sent(question("two", value="好"), 2)
    ledger.write()
    today = TASK.model_copy(update={"labels": ("bad", "好"), "renamed": {"neg": "bad"}})
    found = {name: sent.prelabel for name, sent in read_pushed(tmp_path, today).tasks.items()}
    assert found == {"one": '"bad"', "two": '"好"'}
    assert read_pushed(tmp_path).tasks["one"].prelabel == '"neg"'  # the file stays as it was written
    spans = Sent(project="ab", text_id="t", prelabel='[{"start": 0, "end": 2, "label": "neg"}]')
    write_json(Pushed(tasks={"s": spans}).model_dump(exclude_none=True), tmp_path / LEDGER)
    assert read_pushed(tmp_path, today).tasks["s"].prelabel == '[{"end": 2, "label": "bad", "start": 0}]'


def test_where_nothing_was_pushed_there_is_nothing(tmp_path):
    assert read_pushed(tmp_path) == read_pushed(tmp_path / "nowhere") == Pushed()


@pytest.mark.parametrize("text", ["{", json.dumps({"tasks": {"r": {"task": "1"}}}), json.dumps({"tokens": {}})])
def test_a_broken_ledger_is_named_with_the_remedy(tmp_path, text):
    (tmp_path / LEDGER).write_text(text, "utf-8")
    with pytest.raises(PipelineError, match=r"\.pushed\.json: not readable") as error:
        read_pushed(tmp_path)
    assert "sft label push" in error.value.hint
