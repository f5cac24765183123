"""Settings of answers by teachers: `label.answers`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pipeline.core.registry import pick
from pipeline.core.settings import Settings, parse
from pipeline.llm.judges.panel import Judging
from pipeline.llm.settings import Endpoint
from pipeline.llm.verifiers import VERIFIERS

_WHERE = "params.yaml: label.answers.verifiers"


class JudgedAnswers(Judging):
    """Judges of the answers, and how good an answer must be."""

    min_grade: float | None = None  # lowest mean grade of an accepted answer; null: what `gold_rows` show
    # Labelled train records whose own reply and another record's reply are graded too: what the grades are worth.
    gold_rows: int = Field(default=100, ge=0)  # a guess: not measured


class Answers(Settings):
    """Answers for records without one, written by teachers; for tasks whose target is a free text."""

    teachers: dict[str, Endpoint | None] = Field(default={})  # name -> its service; null: models.generator. Empty: off
    samples: int = Field(default=1, ge=1, le=64)  # answers that each teacher writes to one prompt
    # `temperature` is a guess: not measured.
    temperature: float = Field(default=0.7, ge=0, le=2)  # of the samples; 0: all samples would be equal
    # `max_tokens` is a guess: not measured.
    max_tokens: int = Field(default=1024, ge=1)  # of one answer; a longer one is cut, and never accepted
    system: str = ""  # stands above prompts that have no system turn, for the teacher alone
    keep_reasoning: bool = True  # the accepted answer keeps what the teacher thought, apart from its text
    verifiers: dict[str, dict[str, Any]] = Field(
        default={}
    )  # name in llm/verifiers -> its settings; an answer must pass all
    reference: str | None = None  # column of `meta` with the known final answer, for verifiers
    passage: str | None = None  # column of `meta` with the text that answers must rest on, for verifiers
    judge: JudgedAnswers | None = None
    # checked: becomes the reply where all verifiers pass and the judges' grade is high enough; needs one of the two.
    # all: every usable answer. none: people decide, the answer is their suggestion.
    accept: Literal["checked", "all", "none"] = "checked"
    dry_run: bool = False  # count what would be asked and what it would cost, and ask nothing

    def verifier_settings(self) -> dict[str, Settings]:
        """Verifier name -> its settings. Raises PipelineError for an unknown name or a wrong setting."""
        return {
            name: parse(values, pick(VERIFIERS, name, _WHERE).settings, f"{_WHERE}.{name}")
            for name, values in self.verifiers.items()
        }
