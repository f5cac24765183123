"""What the columns of an exported dataset are: their type, what they mean, and as features that the hub reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from pipeline.core.record import META, Row
from pipeline.core.settings import Task

#: Columns that every dataset has, or that a task's rows are made of. Any other is a field of the task type.
MEANINGS = {
    "id": "stable id: a hash of the source and its own key, or of source and fields",
    "text": "the input text",
    "label": "the class; of tasks with several labels a list of those that apply",
    "score": "the number to predict",
    "spans": "entities: start and end (code points, half open) and label",
    "tokens": "the text cut into tokens",
    "question": "the question",
    "context": "the text that holds the answer",
    "answers": "answers with their start in the context; none: it cannot be answered",
    "target": "the text to write",
    "summary": "the summary to write",
    "translation": "the translation to write",
    "messages": "the conversation, the reply to learn last",
    "tools": "definitions of the tools that the conversation may call, as JSON",
    "chat_template_kwargs": "arguments of the chat template",
    "lang": "language, ISO 639-1",
    "source": "name of the source, see Sources and licences",
    "source_key": "the source's own id of the row, where params.yaml names its column",
    "group": "cluster of near duplicates or conversation; no group stands in two splits",
    "parent_id": "id of the row that an augmented row was made from; empty for all others",
    "label_by": "who decided the label: source, crowd, human or model, and which",
    "label_confidence": "how sure that decision is, 0 to 1",
    "repeats": "how often the row is read in an epoch, by the mixture",
}


def described(schema: pa.Schema) -> list[dict[str, str]]:
    """One row a column: name, type, meaning."""
    return [{"column": one.name, "type": _type(one.type), "meaning": _meaning(one.name)} for one in schema]


def _meaning(name: str) -> str:
    if name.startswith(META):
        return f"the source's own column {name.removeprefix(META)}"
    return MEANINGS.get(name, "field of the task")


def _type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"list of {_type(kind.value_type)}"
    if pa.types.is_struct(kind):
        return "{" + ", ".join(f"{part.name}: {_type(part.type)}" for part in kind) + "}"
    return str(kind)


def features(schema: pa.Schema, task: Task) -> list[dict[str, object]] | None:
    """The `features` of a card's `dataset_info`, with the label as a ClassLabel; None where a task has no classes.

    `load_dataset` then gives numbers with names; the files hold the names, which `datasets` casts as it reads.
    """
    if not task.labels or "label" not in schema.names:
        return None
    classes = {"class_label": {"names": dict(zip(map(str, range(len(task.labels))), task.labels, strict=True))}}
    found: list[dict[str, object]] = []
    for column in schema:
        if column.name == "label":
            found.append({"name": column.name, "list" if pa.types.is_list(column.type) else "dtype": classes})
        elif pa.types.is_list(column.type) or pa.types.is_struct(column.type):
            return None
        else:
            found.append({"name": column.name, "dtype": _PLAIN.get(str(column.type), str(column.type))})
    return found


_PLAIN = {"double": "float64", "float": "float32", "large_string": "string"}


def samples(tables: Mapping[str, pa.Table], columns: Sequence[str], each: int) -> list[Row]:
    """The first rows of every split, of some columns."""
    return [
        {"split": name, **row}
        for name, table in tables.items()
        for row in table.select([one for one in columns if one in table.column_names]).slice(0, each).to_pylist()
    ]
