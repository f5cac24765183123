"""How many augmented examples each training record gets from each method."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, content_id, share
from pipeline.core.registry import did_you_mean
from pipeline.core.settings import Settings, Task
from pipeline.tasks import task_type


class MethodSettings(Settings):
    """What every method's settings hold. Each method adds its own."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "max_children": "max_examples",
        "seconds_each": "seconds_per_example",
    }

    enabled: bool = True  # false: stays listed, makes nothing
    factor: float = Field(default=0.0, ge=0, le=20)  # augmented examples per training record; 0.1 draws every tenth
    fill_to: float | None = Field(
        default=None, gt=0, le=1
    )  # against class imbalance: bring rare classes to this share of the biggest
    # In place of `factor` for records of a class, or in a language (the class goes first): {complaint: 2, other: 0}
    per_class: dict[str, Annotated[float, Field(ge=0, le=20)]] = Field(default_factory=dict)
    per_language: dict[str, Annotated[float, Field(ge=0, le=20)]] = Field(default_factory=dict)
    languages: tuple[str, ...] = ("en",)  # records in other languages are left out
    max_examples: int | None = Field(default=None, ge=0)  # of this method; beside augment.max_examples
    # A budget in seconds: max_seconds / seconds_per_example examples at most. No clock is read, so the output stays the
    # same on a slow day; the log shows the seconds each that a run really took, to be copied here.
    max_seconds: float | None = Field(default=None, ge=0)
    seconds_per_example: float | None = Field(default=None, gt=0)
    min_cosine: float | None = Field(default=None, ge=-1, le=1)  # in place of the gate's, for this method
    max_cosine: float | None = Field(default=None, ge=-1, le=1)

    @property
    def is_new(self) -> bool:
        """Whether what it makes says something else than the source example does (a new example, not other words)."""
        return False

    @property
    def label_is_given(self) -> bool:
        """Whether examples are of their class by how they are made, so that no model is asked for their label."""
        return False

    @property
    def each_class(self) -> int | None:
        """Examples of each class, whatever its size; None: as the factors say."""
        return None

    def check(self, where: str) -> None:
        """Raises PipelineError for what no single value shows; `where` is their place. Loads no engine."""

    @property
    def limit(self) -> int | None:
        """Most examples of this method, by count and by seconds; None: only the stage's own limit holds."""
        limits = [] if self.max_examples is None else [self.max_examples]
        if self.max_seconds is not None and self.seconds_per_example is not None:
            limits.append(int(self.max_seconds / self.seconds_per_example))
        return min(limits, default=None)

    @model_validator(mode="after")
    def _seconds_need_a_rate(self) -> Self:
        if self.max_seconds is not None and self.seconds_per_example is None:
            raise ValueError(
                "max_seconds needs seconds_per_example, what one example costs: the log of a first run shows it"
            )
        return self


@dataclass(frozen=True)
class Draw:
    """One child to be made: its parent and the text that all its random choices are drawn from."""

    method: str
    parent: Record
    seed: str


def parents(records: Sequence[Record]) -> list[Record]:
    """Records that may have children: labelled, in the train split, not children themselves."""
    return [r for r in records if r.split == "train" and r.target is not None and r.parent_id is None]


def plan(methods: Mapping[str, MethodSettings], records: Sequence[Record], task: Task, limit: int) -> list[Draw]:
    """All draws of all methods, at most `limit`; within a method in the order of `records` (or of classes).

    Where there are more, each draw's own pseudo-random number decides, so that classes and
    methods are thinned alike and one record more moves few others.
    """
    able = parents(records)
    strata = [task_type(task).stratum(record) for record in able]
    classes = Counter(strata)
    draws: list[Draw] = []
    for name, settings in methods.items():
        _check_names(name, settings, classes, task)
        pairs = zip(able, strata, strict=True)
        fitting = [(record, stratum) for record, stratum in pairs if _fits(settings, record, stratum)]
        if settings.each_class is not None:
            own = _of_each_class(name, fitting, settings.each_class)
        else:
            own = _of_each_record(name, fitting, settings, classes)
        draws += own if settings.limit is None else _thinned(own, settings.limit)
    return _thinned(draws, limit)


def _of_each_class(method: str, fitting: Sequence[tuple[Record, str | None]], number: int) -> list[Draw]:
    """So many draws of every class, dealt out over its records in the order of a draw of their ids."""
    members: dict[str | None, list[Record]] = defaultdict(list)
    for record, stratum in sorted(fitting, key=lambda pair: (share("of class", method, pair[0].id), pair[0].id)):
        members[stratum].append(record)
    return [
        Draw(method, own[n % len(own)], content_id("child", method, own[n % len(own)].id, str(n)))
        for own in members.values()
        for n in range(number)
    ]


def _thinned(draws: list[Draw], limit: int) -> list[Draw]:
    if len(draws) <= limit:
        return draws
    kept = {draw.seed for draw in sorted(draws, key=lambda draw: (share("budget", draw.seed), draw.seed))[:limit]}
    return [draw for draw in draws if draw.seed in kept]


def _fits(settings: MethodSettings, record: Record, stratum: str | None) -> bool:
    """Whether the record is in the method's languages and not of a class that it leaves out."""
    return record.lang in settings.languages and (stratum is None or settings.per_class.get(stratum) != 0)


def _of_each_record(
    name: str, fitting: Sequence[tuple[Record, str | None]], settings: MethodSettings, classes: Counter[str | None]
) -> list[Draw]:
    in_class = Counter(stratum for _, stratum in fitting)
    return [
        Draw(name, record, seed)
        for record, stratum in fitting
        for seed in _seeds(name, record.id, _children(settings, classes, in_class, stratum, record.lang))
    ]


def why_no_draws(settings: MethodSettings, parents: Sequence[Record], task: Task) -> str:
    """Why no record could get a child of such a method; empty where one could (but a class was full, or a limit 0)."""
    there = sorted({record.lang for record in parents})
    if not there:
        return "no train record has a label"
    if not set(there) & set(settings.languages):
        return (
            f"no labelled train record is in its languages ({', '.join(settings.languages)}), they are in "
            f"{', '.join(there)}: set its languages"
        )
    factors = (settings.factor, *settings.per_class.values(), *settings.per_language.values())
    if settings.each_class is not None or any(factors):
        return ""
    if settings.fill_to is None:
        return "it asks for no examples: set its factor or fill_to"
    if any(map(task_type(task).stratum, parents)):
        return ""
    return f"the records of task '{task.type}' have no class to fill: set its factor"


def _children(
    settings: MethodSettings,
    classes: Counter[str | None],
    fitting: Counter[str | None],
    stratum: str | None,
    lang: str,
) -> float:
    """Mean number of children for a record of this class and language. `fill_to` has no meaning without classes.

    What a class lacks is counted over all its records (`classes`), and made by those in the method's languages.
    """
    factor = settings.per_language.get(lang, settings.factor)
    if stratum is None:
        return factor
    factor = settings.per_class.get(stratum, factor)
    if settings.fill_to is None or settings.per_class.get(stratum) == 0:
        return factor
    missing = settings.fill_to * max(classes.values()) - classes[stratum]
    return max(factor, missing / fitting[stratum])


def _check_names(method: str, settings: MethodSettings, classes: Counter[str | None], task: Task) -> None:
    """A misspelt class or language would silently get the common factor, and so would a task without classes."""
    if settings.per_class and classes.keys() == {None}:
        raise PipelineError(
            f"params.yaml: augment.methods.{method}.per_class: the records of task '{task.type}' have no class.",
            "Remove it, and set factor or per_language.",
        )
    known = {*task.labels, *(name for name in classes if name is not None)}
    for key, names, listed in (
        ("per_class", settings.per_class, known),
        ("per_language", settings.per_language, {*settings.languages}),
    ):
        for name in names:
            if name not in listed:
                where = f"params.yaml: augment.methods.{method}.{key}"
                raise PipelineError(f"{where}: '{name}' is none of this project's.", did_you_mean(name, listed))


def _seeds(method: str, record_id: str, mean: float) -> list[str]:
    number = int(mean) + (share("children", method, record_id) < mean % 1)
    return [content_id("child", method, record_id, str(n)) for n in range(number)]
