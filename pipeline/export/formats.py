"""The exported dataset in the forms that trainers and annotation tools read, one function a form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from pipeline.core.record import Row, Span, as_json
from pipeline.core.registry import Entry
from pipeline.core.settings import NoSettings, Task
from pipeline.modeling.lm.instructions import filled, instruction
from pipeline.text.scripts import UNSPACED

#: Task type -> language -> what a language model is asked. Texts to texts have theirs where they are trained.
ASK: dict[str, dict[str, str]] = {
    "classification": {
        "en": "Which of these labels fits the text: {labels}? Answer with the label only.",
        "zh": "下列标签中哪一个适合这段文字：{labels}？只回答标签。",
    },
    "multi_label": {
        "en": "Which of these labels fit the text: {labels}? Answer with all that fit, one a line, or with none.",
        "zh": "下列标签中哪些适合这段文字：{labels}？回答所有适合的标签，每行一个；没有则回答 none。",
    },
    "regression": {
        "en": "Score the text between {low} and {high}. Answer with the number only.",
        "zh": "给这段文字打分，范围 {low} 到 {high}。只回答数字。",
    },
    "ner": {
        "en": "Find all entities of the types {labels} in the text. Answer with a JSON list of objects "
        'with "text" and "type".',
        "zh": '找出文字中类型为 {labels} 的所有实体。以 JSON 列表回答，每个对象含 "text" 和 "type"。',
    },
    "qa": {
        "en": "Answer the question with words of the text, or with: unanswerable.",
        "zh": "用文中的原话回答问题；无法回答时回答：unanswerable。",
    },
}

_ROLES = {"user": "human", "assistant": "gpt", "system": "system"}

#: Words, single Chinese and Japanese characters, single other signs: the tokens of CoNLL files.
_TOKEN = re.compile(rf"[^\W{UNSPACED}]+|[^\s]")


@dataclass(frozen=True)
class Form(Entry[NoSettings, Callable[[Iterable[Row], Task], Iterator[str]]]):
    """A form: `(the rows of a split, task) -> text`, the end of its files' names, and the task types that have it."""

    suffix: str
    only: tuple[str, ...] = ()  # none: all


def messages(rows: Iterable[Row], task: Task) -> Iterator[str]:
    """`{"messages": [{"role", "content"}, ...]}`, the target as the last assistant turn."""
    for row in rows:
        yield as_json({"id": row["id"], "messages": conversation(row, task)}) + "\n"


def prompt_completion(rows: Iterable[Row], task: Task) -> Iterator[str]:
    """`{"prompt": [turns], "completion": [turn]}`."""
    for row in rows:
        *prompt, reply = conversation(row, task)
        yield as_json({"id": row["id"], "prompt": prompt, "completion": [reply]}) + "\n"


def sharegpt(rows: Iterable[Row], task: Task) -> Iterator[str]:
    """`{"conversations": [{"from": "human" | "gpt" | "system", "value"}, ...]}`."""
    for row in rows:
        turns = [{"from": _ROLES[turn["role"]], "value": turn["content"]} for turn in conversation(row, task)]
        yield as_json({"id": row["id"], "conversations": turns}) + "\n"


def alpaca(rows: Iterable[Row], task: Task) -> Iterator[str]:
    """`{"instruction", "input", "output", "system", "history"}`; earlier turns are pairs in the history."""
    for row in rows:
        turns = list(conversation(row, task))
        system = turns.pop(0)["content"] if turns[0]["role"] == "system" else ""
        *before, ask, reply = turns
        pairs = [[a["content"], b["content"]] for a, b in zip(before[::2], before[1::2], strict=False)]
        text = instruction_and_input(row, task)
        asked, given = text or (ask["content"], "")
        one = {"instruction": asked, "input": given, "output": reply["content"], "system": system, "history": pairs}
        yield as_json({"id": row["id"], **one}) + "\n"


def conll(rows: Iterable[Row], task: Task) -> Iterator[str]:
    """One token and its IOB2 tag a line, a blank line after each text. No span cuts through a token."""
    for row in rows:
        yield f"# id = {row['id']}\n"
        for token, tag in tagged(str(row["text"]), row["spans"]):
            yield f"{token}\t{tag}\n"
        yield "\n"


def squad(rows: Iterable[Row], task: Task) -> Iterator[str]:
    """One SQuAD 2.0 object; questions of one context stand together."""
    ordered = sorted(rows, key=lambda row: (row["context"], row["id"]))
    paragraphs = [
        {"context": context, "qas": [_question(row) for row in group]}
        for context, group in groupby(ordered, key=lambda row: str(row["context"]))
    ]
    yield as_json({"version": "v2.0", "data": [{"title": task.type, "paragraphs": paragraphs}]}) + "\n"


FORMS: dict[str, Form] = {
    "messages": Form(NoSettings, messages, "jsonl"),
    "prompt_completion": Form(NoSettings, prompt_completion, "jsonl"),
    "sharegpt": Form(NoSettings, sharegpt, "jsonl"),
    "alpaca": Form(NoSettings, alpaca, "jsonl"),
    "conll": Form(NoSettings, conll, "conll", ("ner",)),
    "squad": Form(NoSettings, squad, "json", ("qa",)),
}


def conversation(row: Row, task: Task) -> list[dict[str, str]]:
    """The row as turns that end with the assistant's: chats as they are, other tasks as question and answer."""
    if "messages" in row:
        return [{"role": str(turn["role"]), "content": str(turn["content"])} for turn in row["messages"]]
    text = instruction_and_input(row, task)
    asked = "\n\n".join(text) if text else filled(instruction(row, task, {}, False), str(row["text"]))
    return [{"role": "user", "content": asked}, {"role": "assistant", "content": answer(row)}]


def instruction_and_input(row: Row, task: Task) -> tuple[str, str] | None:
    """What is asked, and about what; None for chats and texts to texts, whose question is one text."""
    known = ASK.get("multi_label" if task.multi_label else task.type)
    if known is None:
        return None
    low, high = task.range or (0, 1)
    ask = known.get(str(row.get("lang")), known["en"])
    asked = ask.replace("{labels}", ", ".join(task.labels)).replace("{low}", f"{low:g}").replace("{high}", f"{high:g}")
    if "question" in row:
        return f"{asked}\n\n{row['question']}", str(row["context"])
    parts = [row["text"], row.get("text_pair")]
    return asked, "\n\n".join(str(part) for part in parts if part is not None)


def answer(row: Row) -> str:
    """The target as a model would write it."""
    if "spans" in row:
        text = str(row["text"])
        return as_json([{"text": text[s["start"] : s["end"]], "type": s["label"]} for s in row["spans"]])
    if "answers" in row:
        return str(row["answers"][0]["text"]) if row["answers"] else "unanswerable"
    value = next(row[name] for name in ("label", "score", "target") if name in row)
    if isinstance(value, list):
        return "\n".join(value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def tagged(text: str, spans: Sequence[Span]) -> Iterator[tuple[str, str]]:
    """Tokens with IOB2 tags.

    >>> list(tagged("Ann lives", [{"start": 0, "end": 3, "label": "PER"}]))
    [('Ann', 'B-PER'), ('lives', 'O')]
    """
    ordered = sorted(spans, key=lambda span: span["start"])
    borders = sorted({0, len(text), *(span[end] for span in ordered for end in ("start", "end"))})
    for start, end in pairwise(borders):
        inside = next((span for span in ordered if span["start"] <= start < span["end"]), None)
        for match in _TOKEN.finditer(text, start, end):
            if inside is None:
                yield match.group(), "O"
            else:
                first = not text[inside["start"] : match.start()].strip()
                yield match.group(), f"{'B' if first else 'I'}-{inside['label']}"


def _question(row: Row) -> dict[str, object]:
    answers = [{"text": one["text"], "answer_start": one["start"]} for one in row["answers"]]
    return {"id": row["id"], "question": row["question"], "answers": answers, "is_impossible": not answers}
