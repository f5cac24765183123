"""The methods that stand by themselves. `sequence` is made of these, so it is not among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.augment.augmenters import (
    back_translation,
    contextual,
    generation,
    label_names,
    nlpaug_flow,
    random_words,
    spelling,
    synonyms,
)
from pipeline.augment.augmenters.request import Rewrite
from pipeline.augment.policy import MethodSettings
from pipeline.core.registry import Entry
from pipeline.modeling.models import Models

#: A method's settings class, and `build(settings, models)`, which returns what rewrites; raises EngineMissingError.
Method = Entry[MethodSettings, Callable[[Any, Models], Rewrite]]

SINGLE: dict[str, Method] = {
    "synonyms": Entry(synonyms.Synonyms, synonyms.build),
    "random_swap": Entry(random_words.RandomWords, random_words.build_swap),
    "random_delete": Entry(random_words.RandomWords, random_words.build_delete),
    "spelling": Entry(spelling.Spelling, spelling.build),
    "contextual": Entry(contextual.Contextual, contextual.build),
    "back_translation": Entry(back_translation.BackTranslation, back_translation.build),
    "generation": Entry(generation.Generation, generation.build),
    "label_names": Entry(label_names.LabelNames, label_names.build),
    "nlpaug": Entry(nlpaug_flow.Nlpaug, nlpaug_flow.build),
}
