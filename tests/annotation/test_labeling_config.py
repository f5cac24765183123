"""Labelling configs held against the task."""

from __future__ import annotations

from pipeline.annotation.labeling_config import config_problems, extra_labels, project_config
from pipeline.core.settings import Task
from tests.serve.mails import TASK


def test_configs_are_held_against_the_task():
    config = project_config(TASK, "en")
    assert config_problems(config, TASK) == []
    assert config_problems(config.replace('toName="text"', 'toName="other"'), TASK) == [
        "the control 'label' is not a Choices on 'text' any more"
    ]
    assert config_problems('<!DOCTYPE x [<!ENTITY a "b">]><View/>', TASK)[0].startswith("it is not readable")
    assert config_problems("<View/>", TASK) == ["the control 'label' (Choices) is missing"]
    more = TASK.model_copy(update={"labels": ("neg", "好", "new")})
    assert extra_labels(project_config(more, "en"), TASK) == ["new"]


def test_panels_of_a_chat_speak_the_language_of_the_screen():
    chat = Task(type="chat", languages=("zh",))
    chinese, english = (project_config(chat, one) for one in ("zh", "en"))
    assert '<Panel value="思考过程">' in chinese
    assert '<Panel value="工具调用（JSON）与工具定义">' in chinese
    assert '<Panel value="Reasoning">' in english
    assert 'value="reasoning"' not in chinese + english
