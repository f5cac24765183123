"""nlpaug's flows and ours: ours run inside nlpaug's, nlpaug's run inside ours.

A child depends on its own seed and on nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.augment.augmenters.light_nlpaug import import_nlpaug
from pipeline.augment.augmenters.request import Request, Rewrite, as_written
from pipeline.augment.augmenters.words import word_spans

if TYPE_CHECKING:
    from nlpaug import Augmenter


def run_each(augmenter: Augmenter, requests: Sequence[Request]) -> list[str]:
    """One text per request from an nlpaug augmenter or flow; word-level ones of ours have `fixed`, see below.

    Texts go in one by one: a flow given a list returns one result for all of it. nlpaug draws from
    `random` and `numpy.random`; both are seeded per request and put back.
    """
    import_nlpaug()
    import nlpaug.flow as naf

    flow = naf.Sequential([augmenter])
    with _random_state_put_back():
        return [_run_one(flow, augmenter, request) for request in requests]


def as_augmenter(rewrite: Rewrite, lang: str = "en") -> Augmenter:
    """A method of ours as an nlpaug augmenter, for flows beside nlpaug's own.

    Takes a text or a list of texts. Its random choices come from `random`, as nlpaug's do. A text that could not be
    rewritten comes back as it was.
    """
    import_nlpaug()
    from nlpaug.augmenter.sentence import SentenceAugmenter
    from nlpaug.util import Action

    class MethodAug(SentenceAugmenter):
        def substitute(self, data: str | list[str]) -> str | list[str]:
            """The text or texts rewritten, in the shape they came in; one with a problem comes back as it was."""
            texts = [data] if isinstance(data, str) else list(data)
            requests = [Request(text, lang, f"{random.getrandbits(80):020x}") for text in texts]
            results = [as_written(result) for result in rewrite(requests)]
            written = [text if r.problem or not r.text else r.text for text, r in zip(texts, results, strict=True)]
            return written[0] if isinstance(data, str) else written

        def augment(self, data: str | list[str], n: int = 1, num_thread: int = 1) -> list[str]:
            """A list goes through the engine as one batch: nlpaug's own loop would call it once per text."""
            if isinstance(data, list):
                return [*self.substitute(self.clean(data))] if data else []
            return super().augment(data, n, num_thread)

    return MethodAug(action=Action.SUBSTITUTE, device="cpu")


@contextmanager
def _random_state_put_back() -> Iterator[None]:
    states = random.getstate(), np.random.get_state()  # noqa: NPY002 - nlpaug uses the old generator
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002


def _run_one(flow: Augmenter, augmenter: Any, request: Request) -> str:
    random.seed(request.seed)
    np.random.seed(int(request.seed[:8], 16))  # noqa: NPY002
    # Words of protected substrings are never touched, wherever they stand.
    augmenter.fixed = frozenset(text[a:b].lower() for text in request.protected for a, b in word_spans(text))
    results = flow.augment(request.text)
    return str(results[0]) if results else ""
