"""Conversations of a run in miniature."""

from __future__ import annotations

from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.value.dialogues import Dialogue
from pipeline.value.params import Params

CHAT = Task(type="chat", languages=("en", "zh"))
PARAMS = Params(reply_seeds=2, reply_passes=2, max_reply_rows=40, max_held_out_replies=20, resamples=200)
REPLIES = {"en": "thank you", "zh": "非常满意"}


def dialogue(n, source="good", split="train", reply=None, **more):
    lang = ("en", "zh")[n % 2]
    words = [("what a day", "a good film", "this is slow"), ("质量很好", "非常满意", "质量很好")][n % 2]
    asked = [{"role": "user", "content": f"{words[n % 3]} {words[n // 3 % 3]} {source}{' day' * (split == 'test')}"}]
    return Record(
        f"{source}{split}{n:03}", {"messages": asked}, Source(source, "files", "f", n, "cc0", "train"),
        reply or REPLIES[lang], lang, split, **more,
    )  # fmt: skip


def a(root, lang="en", **of):
    """A dialogue of one turn and its reply."""
    return Dialogue(root, (("user", root), ("assistant", "x")), lang, of)
