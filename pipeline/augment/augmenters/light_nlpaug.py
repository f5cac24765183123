"""Imports nlpaug without torch and transformers, which it imports wherever they are installed: 10 of 12 CPU seconds.

Only its own language models need them, and where one of those is made they are given back.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

_HEAVY = ("torch", "transformers")
#: What keeps using a name that was missing when it was imported; nlpaug's other modules import anew when used.
_USERS = ("nlpaug.util.selection.filtering", "nlpaug.model.lang_models.language_models")


class _Hides(MetaPathFinder):
    """Says of the heavy libraries that they are not installed, which nlpaug is ready for."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """No spec for anything; ImportError for the heavy ones."""
        if name in _HEAVY:
            raise ModuleNotFoundError(f"{name} is not looked for here", name=name)


def import_nlpaug() -> None:
    """Import what we use of nlpaug, so that later imports find it."""
    if "nlpaug" in sys.modules:
        return
    hides = _Hides()
    sys.meta_path.insert(0, hides)
    try:
        for part in ("char", "sentence", "word"):
            importlib.import_module(f"nlpaug.augmenter.{part}")
        importlib.import_module("nlpaug.flow")
    finally:
        sys.meta_path.remove(hides)


def give_language_models() -> None:
    """Let nlpaug's own language models find torch."""
    import_nlpaug()
    for name in _USERS:
        if name in sys.modules and not hasattr(sys.modules[name], "torch"):
            importlib.reload(sys.modules[name])
