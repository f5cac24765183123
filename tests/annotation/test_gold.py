from __future__ import annotations

import pytest

from pipeline.annotation.gold import read_gold
from pipeline.core.errors import PipelineError


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}'])
def test_unreadable_gold_names_the_file(tmp_path, text):
    assert read_gold(tmp_path) == {}
    (tmp_path / ".gold.json").write_text(text, "utf-8")
    with pytest.raises(PipelineError, match=r"\.gold\.json: not readable.*\n.*version control"):
        read_gold(tmp_path)
