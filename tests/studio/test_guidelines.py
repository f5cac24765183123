"""What annotators read before they begin."""

from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError
from pipeline.studio.guidelines import instruction
from pipeline.studio.params import Studio


@pytest.mark.parametrize(("language", "said"), [("en", "Press <strong>Label All Tasks</strong>"), ("zh", "逐条标注")])
def test_how_to_work_is_said_in_the_language_of_the_interface(language, said):
    assert said in instruction(Studio(interface=language))


def test_the_projects_own_guidelines_follow(tmp_path):
    file = tmp_path / "guide.md"
    file.write_text("\ufeff# 标注规则\n\n| a | b |\n|---|---|\n| 好 | 1 |\n", "utf-8")
    html = instruction(Studio(guidelines=str(file)))
    assert "<h1>标注规则</h1>" in html
    assert "<td>好</td>" in html
    assert html.index("Label All Tasks") < html.index("标注规则")


def test_html_in_the_file_is_shown_as_text(tmp_path):
    file = tmp_path / "guide.md"
    file.write_text("<script>alert(1)</script> and <b>bold</b>", "utf-8")
    html = instruction(Studio(guidelines=str(file)))
    assert "<script" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00 no utf-8"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    file = tmp_path / "guide.md"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(PipelineError, match=r"studio\.guidelines: .*guide\.md cannot be read"):
        instruction(Studio(guidelines=str(file)))
