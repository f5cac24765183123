"""The task types: what each means for data. No torch here, and no third-party package.

A task type is a module that offers the functions of `TaskType`, or an object of a class that does: `TextToText` holds
the defaults for a text in and a text out. Adding one: write the module, add its line to `TASKS`, and give it a head in
`pipeline/modeling/heads/` and metrics in `pipeline/evaluate/metrics/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from pipeline.core.json_types import JsonObject
from pipeline.core.record import Fields, Record, Row, Target
from pipeline.core.registry import pick
from pipeline.core.settings import Task
from pipeline.tasks import chat, classification, ner, qa, regression
from pipeline.tasks.region import Region
from pipeline.tasks.summarization import Summarization
from pipeline.tasks.text_to_text import TextToText
from pipeline.tasks.translation import Translation


class TaskType(Protocol):
    """What every stage may ask of a task type."""

    #: Input field name -> kind of value: `text`, `messages` or `json` (see store.py).
    FIELDS: Mapping[str, str]

    #: Those of FIELDS that a source need not have; they are then None.
    OPTIONAL: tuple[str, ...]

    #: What the Hugging Face hub calls this task (`task_categories` of the dataset card).
    HUB_CATEGORY: str

    #: What training does with texts over its limit: `cut` the end off, read them in overlapping `windows`, or
    #: `shorten` the input and never the target.
    OVER_LONG: str

    #: What annotators read above each task: language (en, zh) -> one or two sentences.
    ASK: Mapping[str, str]

    def target_kind(self, task: Task) -> str:
        """Kind of the target: `text`, `texts`, `number`, `spans`, `answers` or `message` (see store.py)."""

    def parse(self, values: Mapping[str, object], target: object, task: Task) -> tuple[Fields, Target]:
        """Fields and target from raw source values. `target` None means unlabelled.

        Raises Reject where the values cannot be this task's; the row then goes to quarantine.
        """

    def problems(self, record: Record, task: Task) -> list[str]:
        """What is structurally wrong with the record, one short sentence each; empty when sound."""

    def repair(self, fields: Fields, target: Target) -> tuple[Fields, Target]:
        """Annotations made true where that is certain (a shifted offset). Raises Reject where it is not."""

    def main_text(self, record: Record) -> str:
        """The text on which duplicates are found and embeddings are computed."""

    def compared_texts(self, record: Record) -> Sequence[str]:
        """The texts that must each be alike for two records to be near duplicates (questions, and their contexts)."""

    def unit(self, record: Record) -> str:
        """The text that must not stand in two splits (a context, where `main_text` adds a question)."""

    def says(self, record: Record) -> str:
        """What the target says, free of where it says so: equal for duplicates whose labels are the same."""

    def agree(self, targets: Sequence[Target], task: Task) -> list[Target] | None:
        """What several different answers to equal input come to.

        One answer that holds them all, the same answers where all may stand, or None where they contradict each other.
        """

    def edit_texts(self, fields: Fields, target: Target, edit: Callable[[str], str]) -> tuple[Fields, Target]:
        """Every text passed through `edit`, annotations kept true. Raises Reject where they cannot be."""

    def answer_places(self, record: Record) -> list[tuple[int, int, int]]:
        """What a model learns to write or mark: (text, start, end), texts counted as `edit_texts` passes them."""

    def stratum(self, record: Record) -> str | None:
        """The class that splits and reports balance on; None where the task has none."""

    def row(self, record: Record) -> Row:
        """The flat columns (text, label, ...) that validation checks and the export carries."""

    def augmentable(self, record: Record) -> str:
        """The one text of the record that augmentation may rewrite."""

    def protected(self, record: Record) -> Sequence[str]:
        """Substrings of the augmentable text that augmentation must leave as they are."""

    def with_augmentable(self, record: Record, text: str) -> tuple[Fields, Target]:
        """Fields and target of a copy whose augmentable text is `text`. Raises Reject where annotations are lost."""

    def with_answer(self, record: Record, text: str, answer: str) -> tuple[Fields, Target]:
        """Fields and target of a new example beside `record`: its augmentable text is `text`, its answer `answer`.

        Raises Reject where answers are no free texts.
        """

    def labeling_config(self, task: Task) -> str:
        """The Label Studio labeling configuration (XML)."""

    def to_label_studio(self, record: Record) -> JsonObject:
        """The `data` object of a Label Studio task, without ids."""

    def result_from_target(self, target: Target) -> Sequence[Mapping[str, object]]:
        """A target as the `result` list of a Label Studio annotation or prediction."""

    def target_from_result(self, result: Sequence[Region], task: Task) -> Target:
        """The inverse of `result_from_target`, in a form that `parse` takes. Raises Reject where it cannot be read."""


TASKS: dict[str, TaskType] = {
    "classification": classification,
    "regression": regression,
    "ner": ner,
    "qa": qa,
    "translation": Translation(),
    "summarization": Summarization(),
    "chat": chat,
}

#: Task types with one text in, one text out. Head and metrics have defaults for them.
TEXT_TO_TEXT = tuple(name for name, kind in TASKS.items() if isinstance(kind, TextToText))


def task_type(task: Task) -> TaskType:
    """What `task.type` means."""
    return pick(TASKS, task.type, "params.yaml: task.type")


def has_free_answers(task: Task) -> bool:
    """Whether targets are free texts or replies: what a language model can be trained to write, and no label."""
    return task.type != "classification" and task_type(task).target_kind(task) in ("text", "message")


def prompt_and_replies(record: Record, task: Task) -> tuple[str, list[str]]:
    """What is asked, one text a line, and the free texts that answer it: none where answers are labels or places."""
    kind = task_type(task)
    texts: list[str] = []

    def collect(text: str) -> str:
        texts.append(text)
        return text

    kind.edit_texts(record.fields, record.target, collect)
    whole = {n for n, start, end in kind.answer_places(record) if start == 0 and end == len(texts[n])}
    replies = set() if kind.target_kind(task) in ("spans", "answers") else whole
    asked = [text for n, text in enumerate(texts) if n not in replies]
    return "\n".join(asked), [texts[n] for n in sorted(replies)]
