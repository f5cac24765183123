"""The methods that make children. Adding one: write its module, add its line to METHODS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.augment.augmenters import (
    back_translation,
    composed,
    contextual,
    generation,
    label_names,
    random_words,
    spelling,
    synonyms,
)
from pipeline.augment.augmenters.flows import as_augmenter
from pipeline.augment.augmenters.request import Rewrite
from pipeline.augment.policy import MethodSettings
from pipeline.core.registry import pick
from pipeline.core.settings import parse
from pipeline.modeling.models import Models


@dataclass(frozen=True)
class Method:
    """A method: its settings class, and what builds it. `build` raises EngineMissingError."""

    settings: type[MethodSettings]
    build: Callable[[Any, Models], Rewrite]


METHODS: dict[str, Method] = {
    "synonyms": Method(synonyms.Synonyms, synonyms.build),
    "random_swap": Method(random_words.RandomWords, random_words.build_swap),
    "random_delete": Method(random_words.RandomWords, random_words.build_delete),
    "spelling": Method(spelling.Spelling, spelling.build),
    "contextual": Method(contextual.Contextual, contextual.build),
    "back_translation": Method(back_translation.BackTranslation, back_translation.build),
    "generation": Method(generation.Generation, generation.build),
    "label_names": Method(label_names.LabelNames, label_names.build),
    "sequence": Method(composed.Sequential, composed.build_sequence),
    "nlpaug": Method(composed.Nlpaug, composed.build_nlpaug),
}


def build(name: str, values: Mapping[str, Any], models: Models, where: str = "augment.methods") -> Rewrite:
    """The method `name` with the settings `values`. Raises PipelineError for wrong ones, and EngineMissingError."""
    method = pick(METHODS, name, where)
    settings = parse(values, method.settings, f"{where}.{name}")
    settings.check(f"{where}.{name}")
    return method.build(settings, models)


def augmenter(name: str, models: Models | None = None, lang: str = "en", **values: Any) -> Any:
    """The method `name` as an nlpaug augmenter, to stand in a flow beside nlpaug's own.

    Example: `naf.Sequential([augmenter("back_translation"), nac.KeyboardAug()])`.
    """
    return as_augmenter(build(name, values, models or Models()), lang)
