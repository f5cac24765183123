"""Texts with the text that belongs to them."""

from __future__ import annotations

from pipeline.core.settings import Task

INTO_CHINESE = Task(type="translation", languages=("en", "zh"), target_language="zh")
SUMMARIES = Task(type="summarization", languages=("en", "zh"))
ROWS = [
    {"text": "what a good day", "target": "质量很好", "lang": "en"},
    {"text": "太差了，不推荐", "target": "this is bad", "lang": "zh"},
]
