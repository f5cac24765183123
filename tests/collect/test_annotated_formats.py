"""Readers of annotated texts: CoNLL, JSON spans, SQuAD. What is broken costs itself alone."""

from __future__ import annotations

from typing import Literal

import pytest

from pipeline.collect.formats import read_file
from pipeline.collect.params import FileOptions
from pipeline.core.errors import PipelineError

WEIBO = "科0\tB-ORG\n技1\tI-ORG\n好0\tO\n人0\tO\n们1\tO\n\n一0\tO\n"


def test_segment_digits_are_asked_about_and_stripped_or_kept(tmp_path):
    path = tmp_path / "weibo.conll"
    path.write_text(WEIBO, "utf-8")
    with pytest.raises(PipelineError, match="科0"):
        list(read_file(path, FileOptions(format="conll"), "weibo.conll", "here"))
    cases: tuple[tuple[Literal["strip", "keep"], str], ...] = (("strip", "科技好人们"), ("keep", "科0技1好0人0们1"))
    for how, text in cases:
        row = next(iter(read_file(path, FileOptions(format="conll", segment_digits=how), "weibo.conll", "here")))
        assert row.values["text"] == text
        assert row.values["spans"][0]["label"] == "ORG"
