"""The methods that make children. Adding one: write its module, add its line to METHODS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline.augment.augmenters import back_translation, generation, random_words, synonyms
from pipeline.augment.augmenters.request import Rewrite
from pipeline.augment.policy import MethodSettings
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
    "back_translation": Method(back_translation.BackTranslation, back_translation.build),
    "generation": Method(generation.Generation, generation.build),
}
