"""Extractive question answering: a context, a question, and answers that stand in the context.

An answer is {start, text} with `context[start:start + len(text)] == text`. Several answers are several
annotators' versions. An empty list means the question cannot be answered from the context.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pipeline.core.json_types import JsonObject
from pipeline.core.record import Answer, Fields, Record, Reject, Row, Target, as_json
from pipeline.core.settings import Task
from pipeline.core.turns import as_text
from pipeline.tasks.answer_places import placed
from pipeline.tasks.no_free_answer import with_answer as with_answer
from pipeline.tasks.offsets import Place, letters, remap_spans
from pipeline.tasks.region import Region
from pipeline.tasks.texts import granularity, text_of

FIELDS: Mapping[str, str] = {"context": "text", "question": "text"}

OPTIONAL: tuple[str, ...] = ()

HUB_CATEGORY = "question-answering"

#: See `TaskType.OVER_LONG`.
OVER_LONG = "windows"

#: What annotators read above each task, by language.
ASK: Mapping[str, str] = {
    "en": "Mark the shortest answer in the text, or that the question is unanswerable. A mark is a suggestion.",
    "zh": "请在文本中标出问题的最短答案；若无法回答，请勾选 unanswerable。已有的标注只是建议。",
}


def target_kind(task: Task) -> str:
    """Answers: {start, text}."""
    return "answers"


def parse(values: Mapping[str, object], target: object, task: Task) -> tuple[Fields, Target]:
    """Context, question and answers. Rejects: missing_context, missing_question, not_a_text, bad_answer.

    Answers are a list of {start, text}, or {text: [...], answer_start: [...]} as `datasets` has them. Offsets are
    taken as they are: `repair` repairs or rejects those that do not fit.
    """
    fields = {name: text_of(values, name, f"missing_{name}") for name in FIELDS}
    if target is None:
        return fields, None
    if isinstance(target, Mapping):
        target = _from_columns(target)
    if not isinstance(target, list):
        raise Reject("bad_answer", "answers must be a list of {start, text}")
    return fields, [_answer(answer) for answer in target]


def problems(record: Record, task: Task) -> list[str]:
    """Empty context or question; an answer that is not at its place in the context."""
    context = record.fields["context"]
    found = [f"{name} is empty" for name in FIELDS if not record.fields[name].strip()]
    for answer in record.target or []:
        if not answer["text"].strip():
            found.append("an answer is empty")
        elif context[answer["start"] : answer["start"] + len(answer["text"])] != answer["text"]:
            found.append(f"answer '{answer['text']}' is not at offset {answer['start']} of the context")
    return found


def repair(fields: Fields, target: Target) -> tuple[Fields, Target]:
    """Answers at their true place (see `answer_places.placed`), each once; those without one go while others stand.

    Rejects, where none of several has a place: answer_not_in_context, answer_is_ambiguous.
    """
    if not target:
        return dict(fields), target
    distinct: dict[tuple[int, str], Answer] = {}
    problem: Reject | None = None
    for answer in target:
        try:
            found = placed(answer, fields["context"])
            distinct[found["start"], found["text"]] = found
        except Reject as reject:
            problem = problem or reject
    if problem is not None and not distinct:
        raise problem
    return dict(fields), [distinct[key] for key in sorted(distinct)]


def versions(record: Record) -> list[Target]:
    """Each answer of the record that has a place, by itself: what several annotators said, repeats included."""
    found: list[Target] = []
    for answer in record.target or []:
        try:
            found.append([placed(answer, record.fields["context"])])
        except Reject:
            continue
    return found


def main_text(record: Record) -> str:
    """The question, then the context: two questions on one context are two records."""
    return f"{record.fields['question']}\n{record.fields['context']}"


def compared_texts(record: Record) -> Sequence[str]:
    """The question and the context: other questions on one context are no duplicates, however long it is."""
    return (record.fields["question"], record.fields["context"])


def unit(record: Record) -> str:
    """The context: a model that trained on it must not be tested on it."""
    return str(record.fields["context"])


def says(record: Record) -> str:
    """The letters of the answers, each once."""
    return as_json(record.target and sorted({letters(answer["text"]) for answer in record.target}))


def agree(targets: Sequence[Target], task: Task) -> list[Target] | None:
    """Several answers are several versions, unless one says there is none."""
    return [_union(targets)] if all(targets) else None


def edit_texts(fields: Fields, target: Target, edit: Callable[[str], str]) -> tuple[Fields, Target]:
    """Both texts edited, answers moved with the context. Rejects: span_lost.

    An answer without a place keeps its offset, and every answer stays as it is where the context does: `repair` decides
    what becomes of them.
    """
    context = edit(fields["context"])
    edited = {"context": context, "question": edit(fields["question"])}
    if not target or context == fields["context"]:
        return edited, target
    return edited, [_moved(answer, fields["context"], context, edit) for answer in target]


def answer_places(record: Record) -> list[tuple[int, int, int]]:
    """The answers in the context."""
    return [(0, a["start"], a["start"] + len(a["text"])) for a in record.target or []]


def stratum(record: Record) -> str | None:
    """Answers are no class: what is known of one record's answer says nothing of another's."""
    return None


def row(record: Record) -> Row:
    """Columns `context`, `question` and `answers`."""
    return {**record.fields, "answers": record.target}


def augmentable(record: Record) -> str:
    """The question: the context and its answers stay."""
    return str(record.fields["question"])


def protected(record: Record) -> Sequence[str]:
    """Nothing: augmentation rewrites the question only."""
    return ()


def with_augmentable(record: Record, text: str) -> tuple[Fields, Target]:
    """The same context and answers under another question."""
    return {"context": record.fields["context"], "question": text}, record.target


def labeling_config(task: Task) -> str:
    """The question as a header, the context with one label, and a box for unanswerable questions."""
    return (
        '<View><Header value="$question"/>'
        '<Labels name="label" toName="context"><Label value="answer"/></Labels>'
        f'<Text name="context" value="$context" granularity="{granularity(task)}"/>'
        '<Choices name="unanswerable" toName="context" choice="multiple">'
        '<Choice value="unanswerable"/></Choices></View>'
    )


def to_label_studio(record: Record) -> JsonObject:
    """`{"context": ..., "question": ...}`."""
    return dict(record.fields)


def result_from_target(target: Target) -> list[Region]:
    """One `labels` region an answer, or the choice `unanswerable`."""
    if not target:
        value = {"choices": ["unanswerable"]}
        return [{"from_name": "unanswerable", "to_name": "context", "type": "choices", "value": value}]
    return [
        {
            "from_name": "label",
            "to_name": "context",
            "type": "labels",
            "value": {"start": a["start"], "end": a["start"] + len(a["text"]), "text": a["text"], "labels": ["answer"]},
        }
        for a in target
    ]


def target_from_result(result: Sequence[Region], task: Task) -> Target:
    """The marked answers, or none with `unanswerable`. Rejects: empty_annotation, bad_answer."""
    regions = [part["value"] for part in result if part.get("type") == "labels"]
    if not regions and not any(part.get("type") == "choices" for part in result):
        raise Reject("empty_annotation", "neither an answer nor 'unanswerable' was marked")
    return sorted((_answer(value) for value in regions), key=lambda answer: (answer["start"], answer["text"]))


def _union(targets: Sequence[Target]) -> Target:
    distinct = {(answer["start"], answer["text"]): answer for target in targets for answer in target}
    return [distinct[key] for key in sorted(distinct)]


def _from_columns(target: Mapping[str, object]) -> list[dict[str, object]] | None:
    texts, starts = target.get("text"), target.get("answer_start")
    if not isinstance(texts, list) or not isinstance(starts, list) or len(texts) != len(starts):
        return None
    return [{"text": text, "start": start} for text, start in zip(texts, starts, strict=True)]


def _answer(answer: Target) -> Answer:
    try:
        start = answer["answer_start"] if "answer_start" in answer else answer["start"]
        return {"start": int(start), "text": as_text(answer["text"], "an answer")}
    except (TypeError, KeyError, ValueError):
        raise Reject("bad_answer", f"an answer needs text and start (or answer_start): {answer}") from None


def _moved(answer: Answer, before: str, after: str, edit: Callable[[str], str]) -> Answer:
    try:
        found = placed(answer, before)
    except Reject:
        return {"start": answer["start"], "text": edit(answer["text"])}
    [span] = remap_spans(before, after, [Place(start=found["start"], end=found["start"] + len(found["text"]))])
    return {"start": span["start"], "text": after[span["start"] : span["end"]]}
