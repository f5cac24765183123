from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.collect.labels_from_data import write_labels
from pipeline.core.errors import PipelineError
from pipeline.core.settings import load_task

PARAMS = """# my project
task: {{type: {type}, labels: {labels}, languages: [en, zh]}}

collect:
  sources:
    a: {{kind: files, role: train, licence: MIT, path: a.csv, lang: en, target: label, labels: {{"1": good}}}}  # stars
    u: {{kind: files, role: unlabelled, licence: MIT, path: a.csv, lang: en}}
"""


@dataclass
class Project:
    """A folder with one file of reviews; calling it writes both."""

    folder: Path

    def __call__(self, rows: str, labels: str = "from_data") -> None:
        (self.folder / "a.csv").write_text(rows, "utf-8")
        (self.folder / "params.yaml").write_text(PARAMS.format(type="classification", labels=labels), "utf-8")


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    return Project(tmp_path)


def test_labels_are_written_in_our_words_and_comments_stay(project):
    project("text,label\na,1\nb,坏\nc,坏\nd,\ne,no\n")
    write_labels(project.folder)
    assert load_task().labels == ("坏", "good", "no")
    text = (project.folder / "params.yaml").read_text("utf-8")
    assert "# my project" in text
    assert "# stars" in text


def test_all_but_the_list_stays_as_it_was_written(project):
    project("text,label\n" + "".join(f"t{n},{label}\n" for n, label in enumerate(LABELS)))
    path = project.folder / "params.yaml"
    before = (
        'task:\r\n    type:   classification\r\n    labels: "from_data"   # of the sources\r\n    languages: [en]\r\n'
    )
    before += path.read_text("utf-8").split("zh]}\n")[1].replace("\n", "\r\n")
    path.write_bytes(before.encode())
    write_labels(project.folder)
    after = path.read_bytes().decode()
    head, tail = before.split('"from_data"')
    assert after.startswith(head + "[")
    assert after.endswith("]" + tail)
    assert max(map(len, after.splitlines())) < 140
    assert sorted(load_task().labels) == sorted(LABELS)
    write_labels(project.folder)
    assert path.read_bytes().decode() == after


LABELS = [
    "no",
    "3",
    "a: b",
    "it's",
    "[x]",
    "# y",
    "two words",
    "null",
    "好 的",
    "-",
    *(f"a longer label {n}" for n in range(40)),
]


def test_a_written_list_is_left_alone(project):
    project("text,label\na,1\n", labels="[good, bad]")
    write_labels(project.folder)
    assert load_task().labels == ("good", "bad")


def test_before_the_first_run_other_stages_say_what_to_do(project):
    project("text,label\na,1\n")
    with pytest.raises(PipelineError, match="dvc repro collect"):
        load_task()


@pytest.mark.parametrize("rows", ["", "".join(f"t{n},answer {n}\n" for n in range(1001))])
def test_no_labels_and_free_texts_are_refused(project, rows):
    project("text,label\n" + rows)
    with pytest.raises(PipelineError, match="different labels"):
        write_labels(project.folder)
