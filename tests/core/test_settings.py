from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.registry import pick
from pipeline.core.settings import Settings, Task, _tell, load, load_task, parse, read_params
from tests.conftest import ROOT


class Step(Settings):
    threshold: float = 0.5
    on: bool = True


class Moved(Settings):
    RENAMED: ClassVar[Mapping[str, str]] = {"cut": "threshold", "level": "inner.threshold", "judge": "/value.metric"}
    threshold: float = 0.5
    inner: Step | None = None


class Params(Settings):
    RENAMED: ClassVar[Mapping[str, str]] = {"batch": "batch_size"}
    batch_size: int = 8
    moved: Moved | None = None
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
        ("{batch: 4, batch_size: 4}", "params.yaml: clean.batch: renamed to clean.batch_size."),
        ("{moved: {level: 1, inner: {threshold: 1}}}", "clean.moved.level: renamed to clean.moved.inner.threshold."),
        ("{batch: many}", "clean.batch_size: Input should be a valid integer"),
        ("{batch: 4, sede: 1}", "clean.sede is not a known setting."),
        ("{moved: {judge: f1}}", "params.yaml: clean.moved.judge: renamed to value.metric."),
        ("{name: 2026-01-01}", "Put dates and times between quotes."),
    ],
)
def test_wrong_settings_are_named_with_the_remedy(tmp_path, text, wanted):
    with pytest.raises(PipelineError) as error:
        load("clean", Params, params_file(tmp_path, f"clean: {text}"))
    assert wanted in str(error.value)


@pytest.mark.parametrize(
    ("text", "wanted", "told"),
    [
        ("{batch: 4}", Params(batch_size=4), "clean.batch is called clean.batch_size now"),
        (
            "{moved: {cut: 0.1}}",
            Params(moved=Moved(threshold=0.1)),
            "clean.moved.cut is called clean.moved.threshold now",
        ),
        ("{moved: {level: 1}}", Params(moved=Moved(inner=Step(threshold=1))), "called clean.moved.inner.threshold now"),
        ("{moved: {level: 1, inner: {on: false}}}", Params(moved=Moved(inner=Step(threshold=1, on=False))), "level is"),
    ],
)
def test_a_value_under_an_old_name_is_read_with_a_notice(tmp_path, caplog, text, wanted, told):
    path = params_file(tmp_path, f"clean: {text}")
    _tell.cache_clear()
    assert load("clean", Params, path) == wanted
    assert told in caplog.text
    assert path.read_text("utf-8") == f"clean: {text}"  # nobody's file is edited
    caplog.clear()
    load("clean", Params, path)
    assert not caplog.text  # told once


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


def test_pick_tells_a_new_name():
    with pytest.raises(PipelineError, match=r"^clean\.steps: 'dedup' was renamed to 'exact_duplicates'\."):
        pick({"exact_duplicates": 1}, "dedup", "clean.steps", {"dedup": "exact_duplicates"})


def _all_settings() -> list[type[Settings]]:
    """Every settings class of the project (its modules loaded), those of these tests left out."""
    for path in sorted((ROOT / "pipeline").rglob("*.py")):
        if "Settings" in path.read_text("utf-8") and path.name != "__main__.py":
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    found, seen = [Settings], []
    while found:
        seen.append(found.pop())
        found += [kind for kind in seen[-1].__subclasses__() if kind.__module__.startswith("pipeline.")]
    return sorted(set(seen) - {Settings}, key=lambda kind: (kind.__module__, kind.__name__))


def test_every_renamed_setting_is_gone_and_its_new_name_is_there():
    kinds = [kind for kind in _all_settings() if kind.RENAMED]
    assert kinds
    for kind in kinds:
        for old, new in kind.RENAMED.items():
            assert old not in kind.model_fields, (kind, old)
            if not new.startswith("/"):
                assert new.split(".")[0] in kind.model_fields, (kind, new)
