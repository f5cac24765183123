"""The language of a record: stated for the source, in a column, or found out from the text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from pipeline.collect.params import RecordSource
from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Reject, Source, Target
from pipeline.core.registry import did_you_mean
from pipeline.core.settings import Task
from pipeline.tasks import task_type

#: (fields, target, the row's values) -> language.
LanguageOf = Callable[[Mapping[str, Any], Target, Mapping[str, Any]], str]


_NOWHERE = Source("", "", "", 0, "", "")


def language_reader(settings: RecordSource, task: Task, where: str) -> LanguageOf:
    """The function that gives a record's language, as the settings say. Rejects: unknown_language."""
    if settings.lang_column is not None:
        column = settings.lang_column
        return lambda fields, target, values: _from_cell(values.get(column), task)
    code = settings.lang or (task.languages[0] if len(task.languages) == 1 else None)
    if code is None:
        raise PipelineError(
            f"{where}.lang is missing: the task has the languages {', '.join(task.languages)}.",
            "Set `lang` to one of them, `lang: auto`, or `lang_column`.",
        )
    if code == "auto":
        kind = task_type(task)
        return lambda fields, target, values: _detect(
            kind.main_text(Record("", fields, _NOWHERE, target)), task.languages
        )
    if code not in task.languages:
        raise PipelineError(f"{where}.lang: '{code}' is not in task.languages.", did_you_mean(code, task.languages))
    return lambda fields, target, values: code


def _from_cell(cell: object, task: Task) -> str:
    code = str(cell or "").replace("_", "-").split("-")[0].lower()
    if code not in task.languages:
        raise Reject("unknown_language", f"'{cell}' is not among task.languages: {', '.join(task.languages)}")
    return code


def _detect(text: str, languages: tuple[str, ...]) -> str:
    return str(_identifier(languages).classify(text.replace("\n", " "))[0])


@lru_cache
def _identifier(languages: tuple[str, ...]) -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    try:
        identifier.set_languages(list(languages))
    except ValueError as error:
        raise PipelineError(f"lang: auto cannot tell every one of task.languages: {error}", "Set `lang`.") from None
    return identifier
