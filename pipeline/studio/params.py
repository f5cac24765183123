"""Settings of the live labelling loop: the optional section `studio` of params.yaml. No stage reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from pipeline.core.settings import Settings, parse, read_params
from pipeline.llm.judges.rubric import Rubric


class Studio(Settings):
    """Section `studio`. Addresses and tokens are not here: they come from the environment (docs/labelling.md)."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "tasks": "max_tasks",
        "gold": "gold_share",
        "errors": "model_error_weight",
        "blind": "blind_share",
        "prelabels": "show_prelabels",
        "names": "annotator_names",
    }

    title: Annotated[str, Field(min_length=3, max_length=50)] | None = None  # null: the name of the project's folder
    # language of what stands around the texts; null: zh where the first of task.languages is, else en
    interface: Literal["en", "zh"] | None = None
    overlap: Annotated[int, Field(ge=1, le=20)] = 1  # people who answer each task; 2 or more measure agreement
    # `max_tasks` is a guess: not measured.
    max_tasks: Annotated[int, Field(ge=1)] = 1000  # most new tasks of one push, gold questions included
    # `gold_share` is a guess: not measured.
    gold_share: Annotated[float, Field(ge=0, le=0.5)] = 0.05  # share of pushed tasks whose answer is known already
    # `model_error_weight` is a guess: not measured.
    model_error_weight: Annotated[float, Field(ge=0, le=1)] = (
        0.7  # what the model's worst errors count beside the queue; 0: nothing
    )
    # `blind_share` is a guess: not measured.
    blind_share: Annotated[float, Field(ge=0, le=0.5)] = (
        0.1  # share of pre-labels held back by lot: do people follow them?
    )
    show_prelabels: bool = True  # show the model's answer; false where people should not be led
    # `min_suggestion_confidence` is a guess: not measured.
    min_suggestion_confidence: Annotated[float, Field(ge=0, le=1)] = 0.1  # no suggestion is shown below it
    guidelines: str | None = None  # a Markdown file: what people read before they begin, and at any time
    label_descriptions: dict[str, str] = Field(default_factory=dict)  # label -> what it means, with an example
    show_progress: bool = True  # the instructions say how many tasks each person has answered
    show_gold_results: bool = False  # ... and how many gold questions right
    adjudicator: str | None = None  # who decides disputes, in a project of their own; null: one more annotator is asked
    comment: bool = False  # offer a text area for remarks, kept beside the answer
    unsure: bool = False  # offer a box 'unsure', kept beside the answer
    ask: Literal["reply", "rate", "compare"] = "reply"  # chat: write replies, rate them, or choose between candidates
    rubric: Rubric = Rubric()  # what replies are rated by: criteria and scale, as judges have them
    annotator_names: Literal["email", "number"] = "email"  # how pulled annotations name people; number: `user 7`

    @property
    def language(self) -> Literal["en", "zh"]:
        """The language of what stands around the texts."""
        return self.interface or "en"


def load_studio(path: Path = Path("params.yaml")) -> Studio:
    """The section, or its defaults where params.yaml has none; `interface` follows the project's first language."""
    params = read_params(path)
    settings = parse(params.get("studio") or {}, Studio, f"{path}: studio")
    task = params.get("task")
    languages = task.get("languages") if isinstance(task, dict) else None
    is_chinese = isinstance(languages, list) and languages[:1] == ["zh"]
    return settings.model_copy(update={"interface": "zh"}) if is_chinese and not settings.interface else settings
