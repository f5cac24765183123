"""Answers that must be JSON of a given schema: read, held against it, and asked for once more where they break it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pipeline.core.errors import shorten
from pipeline.llm.question import Answer, Question

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

#: A model that was not held to a schema often wraps its JSON in a fence, or puts words before and after it.
_FENCE = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)


def with_schema_in_prompt(question: Question) -> Question:
    """The question with its schema at the end of the last turn, for engines that hold answers to no schema."""
    if not question.schema:
        return question
    *before, (role, content) = question.turns
    ask = f"{content}\n\nAnswer with JSON of this schema and nothing else:\n{question.schema}"
    return replace(question, turns=(*before, (role, ask)))


def parse(text: str, schema: str) -> tuple[Any, str]:
    """The value in an answer, and what is wrong with it ("" where nothing is)."""
    found, problem = _json_in(text)
    if problem:
        return None, problem
    errors = sorted(_validator(schema).iter_errors(found), key=lambda error: list(error.path))
    if errors:
        place = "/".join(map(str, errors[0].path)) or "the whole answer"
        return None, f"{place}: {shorten(errors[0].message, 160)}"
    return found, ""


@lru_cache(maxsize=64)
def _validator(schema: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(schema))


def broken(questions: Sequence[Question], answers: Sequence[Answer]) -> dict[int, str]:
    """Of the whole answers that should have a schema, by number, those that break it, and how."""
    found = {}
    for n, (question, answer) in enumerate(zip(questions, answers, strict=True)):
        if question.schema and not answer.problem:
            problem = parse(answer.text, question.schema)[1]
            if problem:
                found[n] = problem
    return found


def complaint(problem: str) -> str:
    """What is said to a model whose answer broke the schema."""
    return f"That is not JSON of the schema: {problem}. Write the whole answer again, as JSON and nothing else."


def _json_in(text: str) -> tuple[object, str]:
    """The JSON value of an answer: the whole text, a fenced block, or from the first brace to the last."""
    tries = [text, *(_FENCE.findall(text))[:1]]
    first, last = text.find("{"), text.rfind("}")
    if 0 <= first < last:
        tries.append(text[first : last + 1])
    problem = "no JSON"
    for attempt in tries:
        try:
            return json.loads(attempt), ""
        except (json.JSONDecodeError, RecursionError) as error:
            problem = f"no JSON ({error})"
    return None, problem
