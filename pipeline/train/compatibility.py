"""Whether section `train` fits the task and the models: what can be told before there is a dataset."""

from __future__ import annotations

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.modeling.models import Models
from pipeline.tasks import TEXT_TO_TEXT
from pipeline.train.params import Params

#: Task types without one class a record, and why.
_NO_CLASSES = {
    "regression": "numbers have no classes",
    "qa": "answers have no classes",
    **dict.fromkeys(("chat", *TEXT_TO_TEXT), "a text that is written has no classes"),
}


def check_fits(params: Params, task: Task, models: Models) -> None:
    """Raises PipelineError for a setting that the task or the models make impossible.

    The heads check the same, and what needs data: here it costs nothing of what runs before `train`.
    """
    if task.type in _NO_CLASSES:
        params.refuse_class_settings(_NO_CLASSES[task.type])
    is_language_model = _is_language_model(task, models)
    if params.packing and not is_language_model:
        raise PipelineError("params.yaml: train.packing: only language models can be packed.", "Set it to false.")
    if is_language_model and models.generator is None:
        other = "" if task.type == "chat" else ", or an encoder-decoder in models.seq2seq"
        raise PipelineError(
            "params.yaml: models.generator is missing.", f"Name a causal language model with a chat template{other}."
        )
    _check_task(task)


def _is_language_model(task: Task, models: Models) -> bool:
    return task.type == "chat" or (task.type in TEXT_TO_TEXT and models.seq2seq is None)


def _check_task(task: Task) -> None:
    if task.type == "translation" and task.target_language is None:
        raise PipelineError("params.yaml: task.target_language is missing.", "Name it, such as zh.")
    if task.type == "ner" and not task.labels:
        raise PipelineError("params.yaml: task.labels is empty.", "Name the entity types, such as [person, place].")
