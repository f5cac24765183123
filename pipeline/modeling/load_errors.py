"""What loading a model raises when its files are damaged or belong to something else."""

from __future__ import annotations


def load_errors() -> tuple[type[Exception], ...]:
    """What to catch around a library's own loading, and nothing of ours within: anything.

    Each format has a parser of its own (JSON, safetensors, pickle, the tokenizers' in Rust), and damage that leaves a
    file readable comes up as TypeError, AttributeError or a bare Exception wherever a library first uses the value.
    """
    return (Exception,)
