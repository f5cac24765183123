"""The methods that make augmented examples. Adding one: write its module, add its line to `SINGLE` in single.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.augment.augmenters.flows import as_augmenter
from pipeline.augment.augmenters.request import Rewrite
from pipeline.augment.augmenters.sequence import Sequential
from pipeline.augment.augmenters.sequence import build as build_sequence
from pipeline.augment.augmenters.single import SINGLE, Method
from pipeline.core.registry import Entry, pick, with_plugins
from pipeline.core.settings import parse
from pipeline.modeling.models import Models

_OWN: dict[str, Method] = {**SINGLE, "sequence": Entry(Sequential, build_sequence)}

#: Ours, and those of installed packages.
METHODS = with_plugins(_OWN, "sft.methods")


def build(name: str, values: Mapping[str, object], models: Models, where: str = "augment.methods") -> Rewrite:
    """The method `name` with the settings `values`. Raises PipelineError for wrong ones, and EngineMissingError."""
    method = pick(METHODS, name, where)
    settings = parse(values, method.settings, f"{where}.{name}")
    settings.check(f"{where}.{name}")
    return method.function(settings, models)


def augmenter(name: str, models: Models | None = None, lang: str = "en", **values: Any) -> Any:
    """The method `name` as an nlpaug augmenter, to stand in a flow beside nlpaug's own.

    Example: `naf.Sequential([augmenter("back_translation"), nac.KeyboardAug()])`.
    """
    return as_augmenter(build(name, values, models or Models()), lang)
