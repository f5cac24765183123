"""What a language model holds once it has answered."""

from __future__ import annotations

from typing import Any

from pipeline.modeling.lm.generation import CausalLM


def loaded_parts(model: CausalLM) -> tuple[Any, Any]:
    """Tokenizer and network."""
    assert model._loaded is not None, "nothing was asked yet"
    return model._loaded
