"""What a language model is asked and what it answers, whichever engine runs it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

#: Why an answer holds nothing to use. `too_long`: the prompt is beyond the model's window. `refused`: the service or
#: the model declined. `cut`: the answer reached `max_tokens`. `not_json`: it broke the schema twice.
Problem = Literal["", "too_long", "refused", "cut", "not_json"]


@dataclass(frozen=True, slots=True)
class Question:
    """One request. Equal questions to one model have one cached answer.

    `turns` are (role, content) pairs. `schema` is a JSON schema as canonical JSON, or "". `seed` tells samples of one
    prompt apart: several samples are several questions. `logprobs` asks for the answer's log probability.

    `tools` are the definitions of tools that may be called, as canonical JSON, or "". `beside` holds for each turn what
    a message has besides role and content (tool_calls, tool_call_id, name) as a JSON object, "" for nothing; empty
    where no turn has any.
    """

    turns: tuple[tuple[str, str], ...]
    max_tokens: int = 512  # a guess: not measured
    temperature: float = 0.0
    seed: int = 0
    schema: str = ""
    logprobs: bool = False
    tools: str = ""
    beside: tuple[str, ...] = ()

    def messages(self) -> list[dict[str, str]]:
        """The turns as chat completions have them."""
        found = [{"role": role, "content": content} for role, content in self.turns]
        for message, more in zip(found, self.beside, strict=False):  # a question asked once more has further turns
            message.update(json.loads(more or "{}"))
        return found

    def key(self) -> str:
        """The question as canonical JSON."""
        return _as_json(self)

    def retold(self, answer: str, complaint: str) -> Question:
        """The question with an answer that was no good and why, to be asked once more."""
        return replace(self, turns=(*self.turns, ("assistant", answer), ("user", complaint)))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `logprob` is the sum over the written tokens in nats, None where the engine does not say.

    `calls` are tool calls as a JSON list of {"id", "name", "arguments"}, arguments as they were written; "" for none.
    `prompt_tokens` and `written_tokens` are the service's own count; `estimated` says that it gave none.
    """

    text: str
    problem: Problem = ""
    detail: str = ""
    reasoning: str = ""
    logprob: float | None = None
    prompt_tokens: int = 0
    written_tokens: int = 0
    estimated: bool = False
    model: str = ""
    calls: str = ""

    @property
    def is_usable(self) -> bool:
        """Whether the text is a whole answer."""
        return not self.problem

    def dump(self) -> bytes:
        """For the cache."""
        return _as_json(self).encode()

    @classmethod
    def load(cls, data: bytes) -> Answer:
        """The inverse of `dump`."""
        return cls(**json.loads(data))


_LATER = ("tools", "beside", "calls")


def _as_json(flat: Question | Answer) -> str:
    """Canonical JSON. Not by `asdict`, whose deep copies cost more than all else that is done with an answer."""
    values = {field.name: getattr(flat, field.name) for field in fields(flat)}
    # What was cached before there were tools has no such keys, and is still known.
    values = {name: value for name, value in values.items() if value or name not in _LATER}
    return json.dumps(values, ensure_ascii=False, sort_keys=True)


def ask(user: str, system: str = "", **more: Any) -> Question:
    """A question of one user turn; `more` as in `Question`, `schema` may be an object."""
    schema = more.pop("schema", None)
    turns = ((("system", system),) if system else ()) + (("user", user),)
    return Question(turns, schema=schema_text(schema) if schema else "", **more)


def as_data(text: str, mark: str) -> str:
    """A text as data: between `<mark>` and `</mark>`, which it cannot write itself, in whatever case or spacing."""
    harmless = re.sub(rf"<(\s*/?\s*{mark})", r"< \1", text, flags=re.IGNORECASE)
    return f"<{mark}>\n{harmless}\n</{mark}>"


def schema_text(schema: Mapping[str, Any]) -> str:
    """A JSON schema as `Question` holds it."""
    return json.dumps(schema, ensure_ascii=False, sort_keys=True)


def samples(question: Question, count: int) -> Sequence[Question]:
    """`count` questions that differ in their seed alone."""
    return [replace(question, seed=question.seed + n) for n in range(count)]
