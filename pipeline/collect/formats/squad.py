"""Format `squad`: questions on contexts, SQuAD 1.1, SQuAD 2.0, and CMRC 2018 in both its forms.

One row a question: `id`, `context`, `question`, `answers` ({start, text}; empty where the question cannot be answered,
null where the file has none), `title`, and `context_id`, equal for all questions on one context.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from pipeline.collect.formats.json_elements import Element, elements, read_text
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import AnyRow, BadRow, Row, excerpt, is_escaped
from pipeline.core.errors import PipelineError
from pipeline.core.record import Reject, content_id

_ID = re.compile(r'"(?:id|query_id)"\s*:')
_DATA = re.compile(r'"data"\s*:\s*\[')


def read(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """One row a question, numbered from 1 through the file.

    Bad rows: not_json, undecodable, truncated_file (each costs its article), not_an_article, not_a_paragraph,
    not_a_question, bad_answer, contradictory_answer.
    """
    numbers = count(1)
    text = read_text(path, options, where)
    has_ids = _ID.search(text) is not None
    for article in _articles(text, where):
        if isinstance(article, BadRow):
            yield BadRow(next(numbers), article.reason, f"line {article.number}: {article.detail}", article.raw)
            continue
        for part in _paragraphs(article.value):
            if isinstance(part, BadRow):
                yield BadRow(next(numbers), part.reason, part.detail, part.raw)
                continue
            rows = (_row(next(numbers), question, *part) for question in part[2])
            yield from rows if has_ids else map(_with_content_id, rows)


def _articles(text: str, where: str) -> Iterator[Element | BadRow]:
    if not is_escaped(text):
        try:
            return iter([Element(0, article) for article in _listed(json.loads(text), where)])
        except (ValueError, RecursionError):  # no JSON, or a number of thousands of digits
            pass  # article by article, then: a broken one costs itself alone
    start = _DATA.search(text)
    if start is None and not text.lstrip().startswith("["):
        raise PipelineError(f"{where}: not JSON, and no list called `data` in it.", "Fetch the file again.")
    return elements(text, start.end() if start else 0)


def _listed(whole: object, where: str) -> list[object]:
    data = whole.get("data") if isinstance(whole, dict) else whole
    if isinstance(data, list):
        return data
    found = f"an object with the keys {', '.join(list(whole)[:10])}" if isinstance(whole, dict) else "a value"
    raise PipelineError(f"{where}: expected `data`, a list of articles, found {found}.", "Is it SQuAD?")


def _paragraphs(article: object) -> Iterator[tuple[str, str, list[object]] | BadRow]:
    """(title, context, questions) of every paragraph. In CMRC's own form the article is the paragraph."""
    if not isinstance(article, dict):
        yield BadRow(0, "not_an_article", f"expected an object, found {type(article).__name__}", excerpt(article))
        return
    paragraphs = article.get("paragraphs", [article])
    for paragraph in paragraphs if isinstance(paragraphs, list) else [paragraphs]:
        one = paragraph if isinstance(paragraph, dict) else {}
        context, questions = one.get("context", one.get("context_text")), one.get("qas")
        if isinstance(context, str) and isinstance(questions, list):
            yield str(article.get("title") or ""), context, questions
        else:
            yield BadRow(0, "not_a_paragraph", "a paragraph needs `context` and `qas`", excerpt(paragraph))


def _row(number: int, question: Any, title: str, context: str, _: list[object]) -> AnyRow:
    try:
        if not isinstance(question, dict):
            raise Reject("not_a_question", f"expected an object, found {type(question).__name__}")
        text = question.get("question", question.get("query_text"))
        if not isinstance(text, str):
            raise Reject("not_a_question", "no text under `question`")
        answers = _answers(question, context)
    except Reject as reject:
        return BadRow(number, reject.reason, reject.detail, excerpt(question))
    # What a task does not read stays out: the context alone may be pages long.
    identity = question.get("id", question.get("query_id"))
    more = {"title": title, "context_id": content_id("context", context)}
    return Row(number, {"id": identity, "context": context, "question": text, "answers": answers, **more})


def _with_content_id(row: AnyRow) -> AnyRow:
    """The row with an id made of its question and context: files made by hand have none."""
    if isinstance(row, BadRow):
        return row
    return replace(row, values={**row.values, "id": content_id(row.values["context"], row.values["question"])})


def _answers(question: Mapping[str, object], context: str) -> list[dict[str, object]] | None:
    given, impossible = _answer_list(question.get("answers")), question.get("is_impossible")
    if impossible and isinstance(given, list):
        given = list(filter(_has_text, given))
    if given is None:
        return [] if impossible else None
    if not isinstance(given, list):
        raise Reject("bad_answer", "`answers` is no list")
    if impossible not in (None, "") and bool(given) is bool(impossible):
        which = "is_impossible, yet it has answers" if given else "not is_impossible, yet it has no answer"
        raise Reject("contradictory_answer", which)
    return [_answer(answer, context) for answer in given]


def _answer_list(given: object) -> object:
    """Answers as a list of objects; the hub's form has one object of two lists."""
    if not isinstance(given, dict) or not {"text", "answer_start"} <= given.keys():
        return given
    texts, starts = given["text"], given["answer_start"]
    if not isinstance(texts, list) or not isinstance(starts, list) or len(texts) != len(starts):
        raise Reject("bad_answer", "`text` and `answer_start` are no lists of one length")
    return [{"text": text, "answer_start": start} for text, start in zip(texts, starts, strict=True)]


def _has_text(answer: object) -> bool:
    return not isinstance(answer, dict) or bool(answer.get("text"))


def _answer(answer: Any, context: str) -> dict[str, object]:
    """Offsets as they are: the task type repairs or rejects those that do not fit. CMRC's own form has none."""
    if isinstance(answer, str):
        return {"start": context.find(answer), "text": answer}
    text, start = (answer.get("text"), answer.get("answer_start")) if isinstance(answer, dict) else (None, None)
    if isinstance(start, str) and re.fullmatch("[0-9]+", start):
        start = int(start)
    start = int(start) if isinstance(start, float) and start.is_integer() else start
    if not isinstance(text, str) or not isinstance(start, int) or isinstance(start, bool):
        raise Reject("bad_answer", f"an answer needs text and answer_start: {excerpt(answer)}")
    return {"start": start, "text": text}
