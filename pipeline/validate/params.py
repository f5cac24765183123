"""Section `validate` of params.yaml."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from pipeline.core.settings import Settings
from pipeline.validate.export.mixture import Mixture

#: What holds for every dataset; used where the project declares no suite of its own.
BASIC_SUITE: tuple[dict[str, Any], ...] = (
    {"expect": "conserved_counts"},
    {"expect": "unique", "column": "id"},
    {"expect": "values_present", "column": "main_text"},
    {"expect": "values_present", "column": "target"},
    {"expect": "valid_structure"},
    {"expect": "no_leakage"},
    {"expect": "test_frozen"},
    {"expect": "no_drift", "severity": "warn"},
)


class Params(Settings):
    """What must hold before the dataset is exported, and what the export is called."""

    name: str = "SFT dataset"  # title of the dataset card
    about: str = ""  # first paragraph of the card: what the dataset is for, in plain words
    version: str = "0.1.0"  # of the dataset, on the card and in Croissant: raise it with `sft release`
    date: str = Field("", pattern=r"^(\d{4}-\d{2}-\d{2})?$")  # of publication; empty: the day of `sft export --push`
    citation: str = ""  # how to cite the dataset: BibTeX or a sentence
    suite: tuple[dict[str, Any], ...] = BASIC_SUITE  # expectations, see docs/validation.md; order is the report's
    attributes: tuple[str, ...] = ("source", "lang", "length")  # what labels should not lean on; any column, or length
    # `map_records` is a guess: not measured.
    map_records: int = Field(3000, ge=0, le=20000)  # records on the map of meanings; new texts are embedded, 0: no map
    mixture: Mixture | None = None  # how often each train record is read in an epoch; see docs/conversations.md
