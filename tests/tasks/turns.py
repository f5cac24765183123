"""Turns of a short conversation in two languages."""

from __future__ import annotations

TURNS = [
    {"role": "user", "content": "你好"},
    {"role": "assistant", "content": "您好！"},
    {"role": "user", "content": "Bye"},
]
