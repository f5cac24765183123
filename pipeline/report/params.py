"""Section `report` of params.yaml."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.core.settings import Settings


class Params(Settings):
    """What the quality report shows, and in which language it opens."""

    title: str = "Data quality report"  # heading of the page, shown as it is in both languages
    language: Literal["en", "zh"] = "en"  # interface language on opening; a switch on the page changes it
    max_rows: int = Field(
        200, ge=1, le=2000
    )  # rows a table carries at most; full counts are always shown. Keeps the file small
    max_examples: int = Field(5, ge=0, le=50)  # example records per reason, step or method
    max_characters: int = Field(280, ge=20, le=2000)  # a text is cut after this many characters
