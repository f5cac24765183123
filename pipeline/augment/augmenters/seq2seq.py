"""Any translation model that transformers can load (MarianMT, M2M, T5, ...), by folder or hub name."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.augment.augmenters.availability import guarded, missing
from pipeline.core.errors import PipelineError
from pipeline.modeling.models import Model, identity


def open_model(name: str) -> tuple[str, Callable[[list[str]], list[str]]]:
    """Version and translator. The model is loaded on first use. Raises EngineMissingError."""
    from pipeline.modeling.lm.generation import Seq2Seq

    try:
        model = Seq2Seq(name)
    except PipelineError as error:
        raise missing(name, error.message, error.hint) from None
    return identity(Model(name=name)), guarded(name, model.translate)
