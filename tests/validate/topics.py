"""Records on three topics, and their profile."""

from __future__ import annotations

from dataclasses import replace

from pipeline.validate.params import Params
from pipeline.validate.run import dataset_totals, described
from tests.validate.conftest import SOURCE, review, view

TOPICS = ("the battery of this phone lasts long", "一家很好吃的面馆在街角", "our train to the coast was late again")


def many(size: int = 240):
    """Records on three topics, the second of them in another source and always negative."""
    found = []
    for n in range(size):
        topic = n % 3
        source = replace(SOURCE, name="shops" if topic == 1 else "reviews")
        label = "negative" if topic == 1 else ("positive", "negative")[n // 3 % 2]
        more = {"source": source} if n % 5 else {}
        found.append(review(f"r{n:03}", f"{TOPICS[topic]} {n}", label, "train" if n % 5 else "test", **more))
    return found


def profiled(records, **settings):
    looked_at = view(records)
    return described(looked_at, Params(**settings), {"name": "x", **dataset_totals(looked_at)}, None)
