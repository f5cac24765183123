"""Thresholds on cosines."""

from __future__ import annotations

from pipeline.modeling.features.cosine_thresholds import E5, MINILM, cosines
from pipeline.modeling.models import Model, licence
from tests.modeling.e5_files import E5_SMALL


def test_thresholds_are_those_of_the_encoder():
    assert cosines(E5_SMALL) == cosines(Model(name="intfloat/multilingual-e5-base")) == E5
    assert cosines(Model(name="sentence-transformers/all-MiniLM-L6-v2")) == MINILM
    assert licence(E5_SMALL).startswith("MIT")
    assert licence(Model(name="org/multilingual-e5-small")) is None
