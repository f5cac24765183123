import random

import numpy as np
import pyarrow as pa

from pipeline.text.containment import containment, proposed, sampled

WORDS = [f"{a}{b}" for a in "bcdfghklmn" for b in ("ale", "ono", "iru", "ace", "ume", "est", "old")]


def test_sampled_ngrams_still_propose_the_pair(monkeypatch):
    monkeypatch.setattr("pipeline.text.containment._TEXTS", 10)
    rng = random.Random(3)
    texts = [" ".join(rng.choices(WORDS, k=60)) for _ in range(40)]
    texts.append("before it " + texts[7] + " and after it")
    found, sizes = sampled(texts, len(texts))
    assert len(found.hashes) < sizes.sum() / 2
    pairs = proposed(found.hashes, found.owner, len(texts), 0.9)
    shares = containment(pa.chunked_array([texts]), pairs)
    assert pairs[shares >= 0.9].tolist() == [[7, 40]]
    assert proposed(np.zeros(0, np.uint64), np.zeros(0, np.int64), 0, 0.9).shape == (0, 2)
