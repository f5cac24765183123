"""What the tests of clean share."""

import json
from typing import Any

from pipeline.core.record import Record, Source
from tests import chats


def chat(prompt: str, reply: str | None, source: str = "web", **more: Any) -> Record:
    where = Source(source, "files", f"{source}.json", 1, "MIT", "train")
    fields = chats.fields([("user", prompt)])
    return Record(json.dumps([source, prompt, reply]), fields, where, chats.reply(reply), **more)
