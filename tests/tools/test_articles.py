"""docs/articles.md names tests that exist and settings that are known."""

from __future__ import annotations

import re

from pipeline.train.params import Params
from tests.conftest import ROOT

TEXT = (ROOT / "docs/articles.md").read_text("utf-8")


def test_every_test_that_is_named_exists():
    files = re.findall(r"`(tests/[\w/]+\.py)`", TEXT)
    assert len(files) > 30
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_every_setting_of_train_that_is_named_is_known():
    names = re.findall(r"`train\.(\w+)", TEXT)
    assert len(names) > 10
    assert [name for name in names if name not in Params.model_fields] == []
