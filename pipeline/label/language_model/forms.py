"""What a language model is asked for in each task type, and how its JSON answer becomes a target.

Spans and answers are asked for as quotes and found in the text here: offsets that a model writes are not to be trusted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.core.conversation import to_conversation
from pipeline.core.record import Fields, Record, Reject, Target, as_json
from pipeline.core.settings import Task
from pipeline.label.language_model.quotes import quote_places
from pipeline.llm.judges.rubric import transcript
from pipeline.tasks import task_type


@dataclass(frozen=True)
class Form:
    """One task type's question. Functions take what they need of task and record.

    `schema` is the JSON schema of an answer; `show` writes a record's text for the prompt; `say` is the answer that a
    labelled record has; `read` is what `tasks.<type>.parse` takes as target, and raises Reject for a quote that does
    not stand in the text. `exact` says whether answers can be equal, so that their precision can be measured.
    """

    ask: Mapping[str, str]
    schema: Callable[[Task], dict[str, Any]]
    show: Callable[[Fields], str]
    say: Callable[[Target, Fields], Any]
    read: Callable[[Any, Fields], Any]
    exact: bool = True


def form_of(task: Task) -> Form:
    """The form of a task. A text in and a text out needs none of its own: a model is asked what annotators are."""
    if task.multi_label:
        return MULTI_LABEL
    known = FORMS.get(task.type)
    return known if known is not None else _written("target", **task_type(task).ASK)


def is_right(said: Target, truth: Target, task: Task) -> bool:
    """Whether an answer is the labelled one; for a question, one of those that are labelled."""
    if task.type == "qa":
        return bool(said) == bool(truth) and {one["text"] for one in said} <= {one["text"] for one in truth}
    if task.type == "regression":
        return math.isclose(said, truth, abs_tol=1e-9)
    return as_json(said) == as_json(truth)


def _object(**properties: object) -> dict[str, object]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _text(fields: Fields) -> str:
    return str(fields["text"])


def _pair(fields: Fields) -> str:
    second = fields.get("text_pair")
    return str(fields["text"]) if second is None else f"1: {fields['text']}\n2: {second}"


def _question(fields: Fields) -> str:
    return f"{fields['context']}\n\n{fields['question']}"


def _conversation(fields: Fields) -> str:
    return transcript(to_conversation(fields))


def _number_schema(task: Task) -> dict[str, object]:
    bounds = {} if task.range is None else {"minimum": task.range[0], "maximum": task.range[1]}
    return _object(number={"type": "number", **bounds})


def _entities(target: Target, fields: Fields) -> list[dict[str, str]]:
    text = str(fields["text"])
    return [{"text": text[span["start"] : span["end"]], "label": span["label"]} for span in target]


def _spans(value: Any, fields: Fields) -> list[dict[str, object]]:
    found = value["entities"]
    places = quote_places([one["text"] for one in found], str(fields["text"]))
    spans = [
        {"start": start, "end": end, "label": one["label"]} for (start, end), one in zip(places, found, strict=True)
    ]
    return sorted(spans, key=lambda span: (span["start"], span["end"]))


def _answers(value: Any, fields: Fields) -> list[dict[str, object]]:
    """The answer at its place; none where the model says that the passage does not answer the question."""
    if not value["answer"].strip():
        return []
    context = str(fields["context"])
    ((start, end),) = quote_places([value["answer"]], context)
    return [{"start": start, "text": context[start:end]}]


def _written(key: str, en: str, zh: str) -> Form:
    """The form of a text that is written anew, under `key` in the answer."""
    return Form(
        {"en": en, "zh": zh},
        lambda task: _object(**{key: {"type": "string"}}),
        _text,
        lambda target, _: {key: target},
        lambda value, _: value[key],
        exact=False,
    )


FORMS: dict[str, Form] = {
    "classification": Form(
        {"en": "Give the text the one label that fits it.", "zh": "请为文本选择唯一合适的标签。"},
        lambda task: _object(label={"enum": list(task.labels)}),
        _text,
        lambda target, _: {"label": target},
        lambda value, _: value["label"],
    ),
    "regression": Form(
        {"en": "Give the number that fits the text.", "zh": "请为文本给出合适的数值。"},
        _number_schema,
        _pair,
        lambda target, _: {"number": target},
        lambda value, _: value["number"],
    ),
    "ner": Form(
        {
            "en": "List every entity in the order of the text, quoted letter by letter, with its label.",
            "zh": "请按文中顺序列出所有实体，逐字引用原文，并给出标签。",
        },
        lambda task: _object(
            entities={"type": "array", "items": _object(text={"type": "string"}, label={"enum": list(task.labels)})}
        ),
        _text,
        lambda target, fields: {"entities": _entities(target, fields)},
        _spans,
    ),
    "qa": Form(
        {
            "en": "Answer the question with a quote from the passage, letter by letter and as short as it can be; with "
            "an empty text where the passage does not answer it.",
            "zh": "请逐字引用文中最短的片段回答问题；文中没有答案时，请给出空文本。",
        },
        lambda task: _object(answer={"type": "string"}),
        _question,
        lambda target, _: {"answer": target[0]["text"] if target else ""},
        _answers,
    ),
    "translation": _written("translation", "Translate the text.", "请翻译文本。"),
    "summarization": _written("summary", "Summarise the text.", "请概括文本。"),
    "chat": Form(
        {"en": "Write the next reply of the assistant.", "zh": "请写出助手的下一条回复。"},
        lambda task: _object(reply={"type": "string"}),
        _conversation,
        lambda target, _: {"reply": target["content"] if isinstance(target, Mapping) else target},
        lambda value, _: {"role": "assistant", "content": value["reply"]},
        exact=False,
    ),
}

MULTI_LABEL = Form(
    {"en": "Give the text every label that fits it, or none.", "zh": "请为文本选择所有合适的标签，也可以没有。"},
    lambda task: _object(labels={"type": "array", "items": {"enum": list(task.labels)}, "uniqueItems": True}),
    _text,
    lambda target, _: {"labels": target},
    lambda value, _: value["labels"],
)


def target_of(value: object, record: Record, task: Task) -> Target:
    """The target that a model's JSON value means for a record. Raises Reject where it means none."""
    kind = task_type(task)
    target = kind.parse(record.fields, form_of(task).read(value, record.fields), task)[1]
    problems = kind.problems(replace(record, target=target), task)
    if problems:
        raise Reject("not_an_answer", problems[0])
    return target
