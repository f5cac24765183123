from __future__ import annotations

import pytest

ROWS = [("it works", "positive", "1"), ("不好用", "negative", "0.6"), ("it works", "positive", "0.5"), ("meh", "", "")]


def csv(rows=ROWS, header="text,label,sure"):
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


def test_a_dropped_row_does_not_take_its_key(project):
    rows = "k1,one,no,positive\nk1,two,yes,wrong\nk1,三,yes,positive\nk1,four,yes,positive\n"
    project.write("a.csv", f"id,text,use,label\n{rows}")
    where = [{"column": "use", "op": "==", "value": "yes"}]
    found = project.collect(path="a.csv", key="id", target="label", where=where)
    assert found.texts == ["三"]
    assert found.reasons() == [
        ("select", "filtered_out", 2),
        ("parse", "unknown_label", 3),
        ("parse", "repeated_key", 5),
    ]


@pytest.mark.parametrize(
    ("role", "split", "target"),
    [("train", None, "positive"), ("test", "test", "positive"), ("benchmark", "benchmark", "positive")],
)
def test_roles_preset_the_split(project, role, split, target):
    project.write("a.csv", csv())
    row = project.collect(path="a.csv", target="label", role=role).rows[0]
    assert (row["split"], row["target"], row["source"]["role"]) == (split, target, role)


def test_a_key_with_two_answers_is_a_conflict_whatever_the_order(project):
    rows = ["k1,one,positive", "k1,one,negative", "k2,two,positive", "k2,two,positive", "k3,三,positive"]
    for order in (rows, rows[::-1]):
        project.write("a.csv", "\n".join(["id,text,label", *order]) + "\n")
        found = project.collect(path="a.csv", key="id", target="label")
        assert sorted(found.texts) == ["two", "三"]
        assert sorted(reason for _, reason, _ in found.reasons()) == ["conflicting_key"] * 2 + ["repeated_key"]


def test_dev_sources_go_to_dev(project):
    project.write("a.csv", "text,label\none,positive\n")
    assert [row["split"] for row in project.collect(path="a.csv", target="label", role="dev").rows] == ["dev"]


@pytest.mark.parametrize(("count", "format", "warns"), [(20, None, True), (19, None, False), (20, "lines", True)])
def test_many_text_files_read_line_by_line_warn(project, caplog, count, format, warns):
    for n in range(count):
        project.write(f"mails/{n:02}.txt", "Hello\nworld\n")
    more = {"format": format} if format else {}
    assert len(project.collect(path="mails/*.txt", **more).rows) == 2 * count
    assert ("each line of them becomes a record" in caplog.text) is warns
