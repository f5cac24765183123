"""One verifier by name, on one case."""

from __future__ import annotations

from pipeline.llm.verifiers import VERIFIERS


def verdict(name, case, **settings):
    entry = VERIFIERS[name]
    return entry.function(case, entry.settings(**settings))
