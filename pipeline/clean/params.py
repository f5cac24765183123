"""Section `clean` of params.yaml: which steps run, and one part for each line of `STEPS`."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import create_model

from pipeline.clean.step import CleanStep
from pipeline.clean.steps import STEPS
from pipeline.core.registry import Entry, pick
from pipeline.core.settings import Settings


class CleanParams(Settings):
    """Which steps run, and in which order. The settings of each step are added by `params_class`."""

    steps: tuple[str, ...] = (  # names in steps/__init__.py; a step that is not listed does not run
        "repair_text",
        "missing",
        "annotations",
        "language",
        "pii",
        "quality",
        "decontaminate",
        "conflicting_labels",
        "exact_duplicates",
        "near_duplicates",
        "contained",
        "splits",
        "label_errors",
    )

    def of(self, step: str) -> Settings:
        """The settings of one registered step."""
        settings: Settings = getattr(self, step)
        return settings


def params_class(steps: Mapping[str, Entry[Settings, CleanStep]]) -> type[CleanParams]:
    """`CleanParams` with the settings of every registered step under its name; each has a default."""
    parts = {name: (entry.settings, entry.settings()) for name, entry in steps.items()}
    result: type[CleanParams] = create_model("Params", __base__=CleanParams, **parts)  # type: ignore[call-overload]
    return result


Params = params_class(STEPS)


def chosen_steps(params: CleanParams) -> dict[str, Entry[Settings, CleanStep]]:
    """The steps that run, in order. Raises PipelineError for a name that no step has."""
    return {name: pick(STEPS, name, "params.yaml: clean.steps") for name in params.steps}
