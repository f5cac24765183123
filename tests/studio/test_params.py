"""Settings of the studio."""

from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError
from pipeline.studio.params import load_studio


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("studio: {overlap: 0}", "studio.overlap"),
        ("studio: {tokn: 1}", "studio.tokn is not a known setting"),
        ("studio: {title: ab}", "studio.title"),
    ],
)
def test_bad_settings_are_named(tmp_path, text, message):
    (tmp_path / "params.yaml").write_text(text, "utf-8")
    with pytest.raises(PipelineError, match=message):
        load_studio(tmp_path / "params.yaml")


def test_the_screen_speaks_the_language_of_the_project(tmp_path):
    params = tmp_path / "params.yaml"
    for text, language in (
        ("task: {type: chat, languages: [zh, en]}", "zh"),
        ("task: {type: chat, languages: [en, zh]}", "en"),
        ("task: {type: chat}", "en"),
        ("task: {type: chat, languages: [zh]}\nstudio: {interface: en}", "en"),
        ("task: {type: chat}\nstudio: {interface: zh}", "zh"),
    ):
        params.write_text(text, "utf-8")
        assert load_studio(params).language == language
