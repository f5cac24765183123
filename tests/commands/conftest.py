"""The tiny models of tests/modeling, the tiny dataset of tests/train, a cache of their own."""

from __future__ import annotations

from tests.modeling.conftest import bert_folder, llama_folder, own_cache  # noqa: F401
from tests.train.conftest import reviews  # noqa: F401
