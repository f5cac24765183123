"""Running nlpaug's flows so that a child depends on its own seed and on nothing else."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.augment.augmenters.request import Request
from pipeline.augment.augmenters.words import word_spans


def run_each(augmenter: Any, requests: Sequence[Request]) -> list[str]:
    """One text per request from a word-level nlpaug augmenter (it has `fixed`, see below).

    Texts go in one by one: a flow given a list returns one result for all of it. nlpaug draws from
    `random` and `numpy.random`; both are seeded per request and put back.
    """
    import nlpaug.flow as naf

    flow = naf.Sequential([augmenter])
    states = random.getstate(), np.random.get_state()  # noqa: NPY002 - nlpaug uses the old generator
    try:
        return [_run_one(flow, augmenter, request) for request in requests]
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002


def _run_one(flow: Any, augmenter: Any, request: Request) -> str:
    random.seed(request.seed)
    np.random.seed(int(request.seed[:8], 16))  # noqa: NPY002
    # Words of protected substrings are never touched, wherever they stand.
    augmenter.fixed = frozenset(text[a:b].lower() for text in request.protected for a, b in word_spans(text))
    results = flow.augment(request.text)
    return str(results[0]) if results else ""
