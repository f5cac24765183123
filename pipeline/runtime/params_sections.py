"""Every section of params.yaml, checked before a stage starts: a slip in `train` must not cost the hours before it.

The classes are named here, not imported: a stage then depends (dvc.yaml) on its own settings alone, and an edit to the
settings of another stage re-runs nothing. This is the one place where modules are imported by name.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.core.cache import cache_folder
from pipeline.core.errors import PipelineError
from pipeline.core.program import program_digest
from pipeline.core.registry import did_you_mean
from pipeline.core.settings import FROM_DATA, Settings, parse, read_params

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

#: Section -> `module:function` that checks it beside the task and the models.
TOGETHER: dict[str, str] = {
    "label": "pipeline.label.audit:check_audit",
    "augment": "pipeline.augment.params:check_fits",
    "train": "pipeline.train.compatibility:check_fits",
}


def check_sections_once(path: Path = Path("params.yaml")) -> None:
    """`check_sections`, unless the last run found these very files sound: it loads the settings of every stage.

    That is .4 CPU s at the start of each stage. Nothing is remembered where the cache's folder cannot be written.
    """
    mark = cache_folder() / "sections-checked"
    name = _name_of(path, path.with_name("dvc.yaml"))
    if _text(mark) == name:
        return
    check_sections(path)
    with suppress(OSError):
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(name, "utf-8")


def _name_of(*files: Path) -> str:
    """A name for the contents of the files and for this program."""
    found = hashlib.blake2b(program_digest(), digest_size=16)
    for file in files:
        found.update(hashlib.blake2b(file.read_bytes() if file.is_file() else b"").digest())
    return found.hexdigest()


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def check_sections(path: Path = Path("params.yaml")) -> None:
    """Raises PipelineError for the first section that no stage knows or that its stage would refuse.

    A section that is missing is refused where a stage of the dvc.yaml beside the file reads it.
    """
    values = read_params(path)
    for name in values:
        if name not in SECTIONS:
            raise PipelineError(f"{path}: no stage has a section '{name}'.", did_you_mean(name, SECTIONS))
    found = {name: _checked(name, values[name], path) for name in SECTIONS if name in values}
    models = found.get("models") or _named(SECTIONS["models"])()
    for name, place in TOGETHER.items():
        if name in found and "task" in found:
            _named(place)(found[name], found["task"], models)
    for stage, name in _read_by_stages(path.with_name("dvc.yaml")):
        if name in SECTIONS and name not in values:
            raise PipelineError(f"{path}: the section '{name}' is missing; the stage '{stage}' of dvc.yaml reads it.")


def _checked(name: str, values: object, path: Path) -> Settings:
    if name == "task" and isinstance(values, dict) and values.get("labels") == FROM_DATA:
        values = {**values, "labels": []}  # `collect` writes them; what comes after it finds them written
    settings: Settings = parse({} if values is None else values, _named(SECTIONS[name]), f"{path}: {name}")
    if name in FURTHER:
        _named(FURTHER[name])(settings)
    return settings


def _read_by_stages(dvc: Path) -> Iterator[tuple[str, str]]:
    """Stage and section, for every section of params.yaml that a stage of this file names."""
    stages = read_params(dvc).get("stages") if dvc.is_file() else None
    for stage, declared in stages.items() if isinstance(stages, dict) else ():
        named = declared.get("params") if isinstance(declared, dict) else None
        for name in named if isinstance(named, list) else ():
            if isinstance(name, str):
                yield str(stage), name.split(".")[0]


def _named(place: str) -> Any:
    module, name = place.split(":")
    return getattr(importlib.import_module(module), name)
