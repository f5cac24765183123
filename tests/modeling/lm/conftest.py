"""A small language model."""

from __future__ import annotations

import pytest


@pytest.fixture
def model(llama_folder):
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(llama_folder)
