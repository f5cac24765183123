"""Dense features of texts without an encoder."""

import numpy as np

from pipeline.modeling.features import dense
from pipeline.modeling.models import Model

TFIDF = Model(name="tfidf")
TEXTS = [f"the parcel number {n} came {'late' if n % 2 else 'early'}, 包裹{n % 7}" for n in range(60)]


def test_rows_are_unit_vectors_and_the_known_texts_alone_decide_how():
    some = dense.dense_features(TEXTS, TFIDF, 40)
    other = dense.dense_features([*TEXTS[:40], *["something else entirely"] * 20], TFIDF, 40)
    assert some.shape == (60, 39)
    assert np.allclose(np.linalg.norm(some, axis=1), 1, atol=1e-5)
    assert np.array_equal(some[:40], other[:40])


def test_a_part_of_many_texts_decides_and_all_get_vectors(monkeypatch):
    monkeypatch.setattr(dense, "_SAMPLE", 16)
    found = dense.dense_features(TEXTS, TFIDF, 50)
    assert found.shape == (60, 12)  # 13 of 50 texts decide
    alike = found @ found[1]
    assert alike[1::2].mean() > alike[::2].mean()  # late parcels resemble late ones
