"""Markdown."""

from __future__ import annotations

from tests.collect.documents.reading import read, shown


def test_markdown_keeps_headings_and_leaves_code_alone(tmp_path):
    text = "# 手册\n\n引言。\n\n## 安装\n\n```sh\n# no heading\nmake\n```\n\nUse\n===\n\nRun it.\n\n#hashtag\n"
    found = read(tmp_path, "a.md", text)
    assert found.title == "手册"
    assert shown(found) == [
        (("手册",), 0, "引言。"),
        (("手册", "安装"), 0, "```sh\n# no heading\nmake\n```"),
        (("Use",), 0, "Run it.\n\n#hashtag"),
    ]


def test_front_matter_names_the_title_and_is_no_text(tmp_path):
    found = read(tmp_path, "a.md", "---\ntitle: 'Rules'\n---\nNo dogs.\n")
    assert (found.title, shown(found)) == ("Rules", [((), 0, "No dogs.")])
