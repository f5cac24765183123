from __future__ import annotations


def test_languages_from_text_and_column(project):
    project.write("a.csv", "text,l\nThis is a plain English sentence.,en-GB\n这是一个中文句子。,zh_CN\nBonjour,fr\n")
    assert [row["lang"] for row in project.collect(path="a.csv", lang="auto").rows][:2] == ["en", "zh"]
    found = project.collect(path="a.csv", lang_column="l")
    assert [row["lang"] for row in found.rows] == ["en", "zh"]
    assert found.reasons() == [("parse", "unknown_language", 4)]
