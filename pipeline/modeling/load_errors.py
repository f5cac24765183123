"""What loading a model raises when its files are damaged or belong to something else."""

from __future__ import annotations


def load_errors() -> tuple[type[Exception], ...]:
    """What to catch: errors of missing, cut and mismatched files, of every format."""
    from safetensors import SafetensorError

    return OSError, ValueError, KeyError, RuntimeError, EOFError, SafetensorError
