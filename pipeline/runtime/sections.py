"""Every section of params.yaml, checked before a stage starts: a slip in `train` must not cost the hours before it.

The classes are named here, not imported: a stage then depends (dvc.yaml) on its own settings alone, and an edit to the
settings of another stage re-runs nothing. This is the one place where modules are imported by name.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.core.registry import did_you_mean
from pipeline.core.settings import parse, read_params

#: Section -> `module:class` of its settings.
SECTIONS: dict[str, str] = {
    "task": "pipeline.core.settings:Task",
    "models": "pipeline.modeling.models:Models",
    "engine": "pipeline.runtime.engine:Engine",
    "collect": "pipeline.collect.params:Params",
    "clean": "pipeline.clean.params:Params",
    "label": "pipeline.label.params:Params",
    "augment": "pipeline.augment.params:Params",
    "validate": "pipeline.validate.params:Params",
    "train": "pipeline.train.params:Params",
    "evaluate": "pipeline.evaluate.params:Params",
    "value": "pipeline.value.params:Params",
    "report": "pipeline.report.params:Params",
    "studio": "pipeline.studio.params:Studio",
}

#: Section -> `module:function` that checks what the class leaves open (names in a registry and their settings).
FURTHER: dict[str, str] = {
    "collect": "pipeline.collect.sources:read_sources",
    "clean": "pipeline.clean.params:chosen_steps",
    "label": "pipeline.label.prelabel:check_methods",
    "augment": "pipeline.augment.params:enabled_methods",
    "validate": "pipeline.validate.suite:check_suite",
}


def check_sections(path: Path = Path("params.yaml")) -> None:
    """Raises PipelineError for the first section that no stage knows or that its stage would refuse.

    Sections that are missing are left to the stage that needs them.
    """
    values = read_params(path)
    for name in values:
        if name not in SECTIONS:
            raise PipelineError(f"{path}: no stage has a section '{name}'.", did_you_mean(name, SECTIONS))
    for name, place in SECTIONS.items():
        if name in values:
            settings = parse(values[name] or {}, _named(place), f"{path}: {name}")
            if name in FURTHER:
                _named(FURTHER[name])(settings)


def _named(place: str) -> Any:
    module, name = place.split(":")
    return getattr(importlib.import_module(module), name)
