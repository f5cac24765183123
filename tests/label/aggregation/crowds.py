"""Crowds whose answers are known."""

from __future__ import annotations

import numpy as np


def crowd_of(good, bad, guess=lambda rng: "no", items=60, seed=0):
    """Votes of annotators who are right 9 times in 10 and of `bad` spammers, by default always 'no'; the truth."""
    rng = np.random.default_rng(seed)
    truth = {f"{n:03}": "yes" if n % 2 else "no" for n in range(items)}
    other = {"yes": "no", "no": "yes"}
    rows = [(i, f"good{w}", t if rng.random() < 0.9 else other[t]) for i, t in truth.items() for w in range(good)]
    return rows + [(i, f"bad{w}", guess(rng)) for i in truth for w in range(bad)], truth
