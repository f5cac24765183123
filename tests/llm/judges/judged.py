"""Judges whose leanings are known."""

from __future__ import annotations

from typing import Any

from pipeline.core.conversation import Conversation, Message
from pipeline.llm.judges.bias import Judged
from pipeline.llm.judges.judge import Comparison
from pipeline.llm.remote import RemoteModel
from pipeline.llm.settings import Endpoint


def engine(service):
    return RemoteModel(Endpoint(url=service.url, model="judge", first_pause=0.01), "evaluate.judge")


def conversation(question, reply):
    return Conversation((Message("system", "Be kind."), Message("user", question), Message("assistant", reply)))


def simulated(rng: Any, count, accuracy, position=0.0, length=0.0, longer_is_better=0.6):
    """Judged pairs: with probability `position` the first place, with `length` the longer reply, else by merit."""
    found = []
    for _ in range(count):
        better = rng.choice(["first", "second"])
        other = "second" if better == "first" else "first"
        longer: Any = better if rng.random() < longer_is_better else other

        def choose(shown_first, better=better, other=other, longer=longer):
            draw = rng.random()
            if draw < position:
                return shown_first
            if draw < position + length:
                return longer
            return better if rng.random() < accuracy else other

        found.append(Judged(Comparison(choose("first"), choose("second")), longer, better))
    return found
