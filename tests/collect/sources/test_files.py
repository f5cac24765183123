from __future__ import annotations

import io
import logging
import zipfile

import pytest

from pipeline.core.errors import PipelineError

TEXTS = "text,label\ngood,positive\n不好,negative\n"


def test_files_in_name_order_with_portable_locators(project):
    for name in ("b/2.csv", "a.csv", "b/1.csv", ".hidden.csv"):
        project.write(name, f"text\n{name}\n")
    project.write("a.csv.dvc", "outs: []")
    found = project.collect(path="**/*.csv")
    assert [row["source"]["locator"] for row in found.rows] == ["a.csv", "b/1.csv", "b/2.csv"]


def test_files_that_are_links_out_of_raw_are_named_by_the_link(project):
    kept = project.folder / "cache" / "0123"
    kept.parent.mkdir()
    kept.write_text("text\none\n", "utf-8")
    project.write("b/x.csv", "text\ntwo\n")
    (project.raw / "a.csv").symlink_to(kept)
    found = project.collect(path="**/*.csv")
    assert [row["source"]["locator"] for row in found.rows] == ["a.csv", "b/x.csv"]


@pytest.mark.parametrize("path", ["data/raw/a.csv", "a.csv", "./a.csv"])
def test_files_path_may_begin_at_the_project_or_at_raw(project, path):
    project.write("a.csv", TEXTS)
    assert project.collect(path=path).rows[0]["source"]["locator"] == "a.csv"


@pytest.mark.parametrize("relative", [True, False])
def test_files_outside_raw_warn_that_dvc_does_not_watch(project, caplog, relative, monkeypatch):
    inner = project.folder / "inner"
    (inner / "data" / "raw").mkdir(parents=True)
    outside = project.folder / "corpus"
    outside.mkdir()
    (outside / "a.csv").write_text(TEXTS, "utf-8")
    monkeypatch.chdir(inner)
    project.folder = inner
    caplog.set_level(logging.WARNING, "pipeline")
    row = project.collect(path="../corpus/*.csv" if relative else str(outside / "a.csv")).rows[0]
    assert row["source"]["locator"] == "corpus/a.csv"
    assert "DVC does not see it change" in caplog.text


def test_files_that_dvc_has_but_not_here(project):
    project.write("a.csv.dvc", "outs: []")
    with pytest.raises(PipelineError, match=r"no file matches 'a\.csv'") as error:
        project.collect(path="a.csv")
    assert "dvc pull" in error.value.hint


def test_members_of_zip_archives_are_files(project):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("negative/a.csv", "text\nbad\n")
        archive.writestr("positive/b.jsonl", '{"text": "很好"}\n')
        archive.writestr("notes.doc", "none of ours")
    project.write("all.zip", packed.getvalue())
    found = project.collect(path="all.zip!*/*", target="{folder}")
    assert [(row["fields"]["text"], row["target"]) for row in found.rows] == [("bad", "negative"), ("很好", "positive")]
    assert found.rows[0]["source"]["locator"] == "all.zip!negative/a.csv"
    with pytest.raises(PipelineError, match=r"all\.zip!notes\.doc names no format"):
        project.collect(path="all.zip")


def test_the_folder_of_a_file_is_a_column(project):
    project.write("mails/positive/1!.txt", "很好\n谢谢")
    project.write("mails/negative/2.txt", "bad")
    found = project.collect(path="mails/*/*.txt", format="document", target="{folder}")
    assert [(row["fields"]["text"], row["target"]) for row in found.rows] == [
        ("bad", "negative"),
        ("很好\n谢谢", "positive"),
    ]


@pytest.mark.parametrize(("files", "warned"), [(20, True), (19, False)])
def test_many_text_files_read_by_lines_are_told(project, caplog, files, warned):
    for n in range(files):
        project.write(f"t/{n}.txt", f"line {n}\nanother {n}\n")
    project.collect(path="t/*.txt")
    assert ("format: document" in caplog.text) is warned
