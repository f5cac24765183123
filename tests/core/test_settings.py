from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.registry import pick
from pipeline.core.settings import Settings, Task, load, load_task, parse, read_params


class Step(Settings):
    threshold: float = 0.5
    on: bool = True


class Params(Settings):
    seed: int = 0
    rate: float = 0.1
    name: str = ""
    words: tuple[str, ...] = ()
    steps: dict[str, Step] | None = None
    first: Step = Step()


def params_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "params.yaml"
    path.write_text(text, "utf-8")
    return path


def test_values_are_read_as_yaml_1_2(tmp_path):
    path = params_file(tmp_path, "clean: {rate: 1e-3, words: [no, 否, off]}")
    found = load("clean", Params, path)
    assert (found.rate, found.words) == (0.001, ("no", "否", "off"))


def test_an_empty_section_takes_the_defaults(tmp_path):
    assert load("clean", Params, params_file(tmp_path, "clean:\n")) == Params()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{sede: 1}", "params.yaml: clean.sede is not a known setting. Did you mean 'seed'?"),
        ("{first: {thresholdd: 1}}", "clean.first.thresholdd is not a known setting. Did you mean 'threshold'?"),
        ("{seed: '1'}", 'clean.seed: Input should be a valid integer (found "1")'),
        ("{seed: 1.5}", "clean.seed: "),
        ("{first: {on: 'no'}}", "clean.first.on: Input should be a valid boolean"),
        ("{words: no}", "clean.words: "),
        ("{name: 2026-01-01}", "Put dates and times between quotes."),
    ],
)
def test_wrong_settings_are_named_with_the_remedy(tmp_path, text, wanted):
    with pytest.raises(PipelineError) as error:
        load("clean", Params, params_file(tmp_path, f"clean: {text}"))
    assert wanted in str(error.value)


def test_all_problems_are_told_at_once():
    with pytest.raises(PipelineError) as error:
        parse({"sede": 1, "rate": "x"}, Params, "here")
    assert "here.sede" in error.value.message
    assert "here.rate" in error.value.message


def test_a_missing_section_is_named(tmp_path):
    with pytest.raises(PipelineError, match="the section 'clean' is missing") as error:
        load("clean", Params, params_file(tmp_path, "cleann: {}"))
    assert "Did you mean 'cleann'?" in error.value.hint


@pytest.mark.parametrize(
    ("text", "wanted"), [("a: [", "not readable as YAML"), ("- a", "expected sections"), ("", "expected")]
)
def test_a_file_that_is_no_settings_file_is_refused(tmp_path, text, wanted):
    with pytest.raises(PipelineError, match=wanted):
        read_params(params_file(tmp_path, text))


def test_a_missing_file_says_what_to_do(tmp_path):
    with pytest.raises(PipelineError) as error:
        load_task(tmp_path / "params.yaml")
    assert "sft init" in error.value.hint


@pytest.mark.parametrize(
    ("values", "wanted"), [({"labels": ["a", "a"]}, "same label twice"), ({"languages": []}, "languages is empty")]
)
def test_an_impossible_task_is_refused(values, wanted):
    with pytest.raises(PipelineError, match=wanted):
        parse({"type": "chat", **values}, Task, "params.yaml: task")


def test_pick_suggests_the_closest_name():
    with pytest.raises(PipelineError) as error:
        pick({"exact_duplicates": 1, "language": 2}, "exact_duplicate", "clean.steps")
    assert "Did you mean 'exact_duplicates'? Known: exact_duplicates, language." in str(error.value)
