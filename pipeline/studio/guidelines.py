"""What annotators read before they begin: how to work, and the project's own guidelines."""

from __future__ import annotations

from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.studio.params import Studio

#: How to work, by language of the interface: each to their own answer.
_HOW = {
    "en": (
        "Press **Label All Tasks**: you get one task after the other. To correct an answer of yours, open it again and "
        "press **Update**. Where another person's answer is shown, leave it: press **+** above it for an answer of "
        "your own. Skip what you cannot answer. A suggested text is changed with its pencil; Enter breaks the line. "
        "In the list of tasks, the tab with your name says at the bottom how many you have answered "
        "(**Tasks: 37 / 60**); go on labelling from the first tab."
    ),
    "zh": (
        "点击 **Label All Tasks** 后逐条标注。如需修改自己的答案，请重新打开并点击 **Update**。"
        "如果看到的是他人的答案，请不要改动，点击上方的 **+** 新建自己的答案。无法回答的请跳过（Skip）。"
        "建议的文本请点击铅笔图标修改，按 Enter 换行。"
        "任务列表中带有您名字的标签页底部显示您已答的条数（**Tasks: 37 / 60**）；请回到第一个标签页继续标注。"
    ),
}


def instruction(settings: Studio) -> str:
    """The HTML that Label Studio shows as instruction. Raises PipelineError where the guidelines cannot be read."""
    import mistune

    parts = [_HOW[settings.language], *([_read(Path(settings.guidelines))] if settings.guidelines else [])]
    # HTML inside the file is shown as text: the page is everybody's
    return "".join(str(mistune.create_markdown(escape=True, plugins=["table"])(part)) for part in parts)


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PipelineError(
            f"params.yaml: studio.guidelines: {file} cannot be read ({type(error).__name__}).",
            "Name a Markdown file in UTF-8, relative to the project's folder, or remove the setting.",
        ) from None
