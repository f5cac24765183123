"""Every registry has one shape, and what stands on a line fits together."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import ModuleType
from typing import Any, get_type_hints

import pytest

from pipeline.augment.augmenters import METHODS as AUGMENTERS
from pipeline.clean.steps import STEPS
from pipeline.collect.formats import FORMATS
from pipeline.collect.sources import KINDS
from pipeline.core.errors import PipelineError
from pipeline.core.registry import Entry, did_you_mean, pick
from pipeline.core.settings import NoSettings, Settings
from pipeline.evaluate.metrics import METRICS
from pipeline.export.formats import FORMS
from pipeline.label.aggregation import METHODS as AGGREGATION
from pipeline.label.prelabel import PREDICTORS
from pipeline.modeling.heads import HEADS
from pipeline.report.sections import SECTIONS
from pipeline.validate.expectations import EXPECTATIONS

REGISTRIES: dict[str, Mapping[str, Entry[Any, Any]]] = {
    "sources": KINDS,
    "formats": FORMATS,
    "cleaning steps": STEPS,
    "augmenters": AUGMENTERS,
    "aggregation": AGGREGATION,
    "pre-labels": PREDICTORS,
    "expectations": EXPECTATIONS,
    "heads": HEADS,
    "metrics": METRICS,
    "forms": FORMS,
    "sections": SECTIONS,
}
LINES = [
    pytest.param(entry, id=f"{registry}: {name}")
    for registry, table in REGISTRIES.items()
    for name, entry in table.items()
]


def taken(function: object) -> list[type[Settings]]:
    """The settings classes that a function takes, of a module: that any of its public functions takes."""
    if isinstance(function, ModuleType):
        return [
            kind
            for name, one in vars(function).items()
            if inspect.isfunction(one) and not name.startswith("_")
            for kind in taken(one)
        ]
    try:
        hints = get_type_hints(function)
    except NameError:  # a name that only type checkers import
        return []
    return [kind for kind in hints.values() if isinstance(kind, type) and issubclass(kind, Settings)]


@pytest.mark.parametrize("entry", LINES)
def test_a_line_holds_a_settings_class_and_the_function_that_takes_it(entry: Entry[Any, Any]) -> None:
    assert isinstance(entry, Entry)
    assert issubclass(entry.settings, Settings)
    if entry.settings is not NoSettings:
        assert any(issubclass(entry.settings, kind) for kind in taken(entry.function))


def test_a_function_that_takes_other_settings_is_noticed() -> None:
    missing, quality = STEPS["missing"], STEPS["quality"]
    assert not any(issubclass(missing.settings, kind) for kind in taken(quality.function))


def test_a_name_is_found_and_a_misspelt_one_explained() -> None:
    assert pick({"quality": 1}, "quality", "clean.steps") == 1
    with pytest.raises(PipelineError) as caught:
        pick({"quality": 1, "missing": 2}, "qualty", "clean.steps")
    assert str(caught.value).startswith("clean.steps: unknown name 'qualty'.")
    assert caught.value.hint == "Did you mean 'quality'? Known: missing, quality."


@pytest.mark.parametrize("known", [[], {}])
def test_nothing_is_known_of_an_empty_table(known: Any) -> None:
    assert did_you_mean("清洗", known) == "Known: ."
    with pytest.raises(PipelineError):
        pick(dict(known), "清洗", "clean.steps")
