"""The shapes of what this stage writes: `report.json`, and `profile.json`, which describes a version of the dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

# Names of attributes and splits are data, so most of these are tables by name.


class Counts(TypedDict, total=False):
    """A dataset counted: rows by split, records by class of each split, by language, source and who labelled them."""

    name: str
    rows: dict[str, int]
    classes: dict[str, dict[str, int]]
    languages: dict[str, int]
    sources: dict[str, int]
    label_by: dict[str, int]
    augmented: int


class Totals(Counts, total=False):
    """What is exported; what is not, and why."""

    licence: str
    not_exported: dict[str, int]
    mixture: Sequence[Mapping[str, object]]


class Lengths(TypedDict):
    """Main texts by length in characters: `counts` of each split over `edges`, and one bin above them."""

    edges: list[int]
    counts: dict[str, list[int]]


class Words(TypedDict):
    """Frequent words with counts, size and growth (texts, words) of the vocabulary, distinct n-grams by n."""

    top: dict[str, int]
    vocabulary: int
    tokens: int
    texts: int
    growth: list[list[int]]
    distinct: dict[str, float | None]
    distinct_tokens: int


class Slice(TypedDict, total=False):
    """Records with one value of an attribute: their classes, or the mean of their targets' sizes."""

    slice: str
    records: int
    classes: dict[str, int]
    mean: float


class Association(TypedDict):
    """How strongly a label leans on an attribute, by Cramer's V or the correlation ratio."""

    measure: str
    value: float
    slices: list[Slice]


class Skew(Association):
    """The association with one declared attribute."""

    attribute: str


class Coverage(TypedDict, total=False):
    """What the map says; see `semantic_coverage.coverage`."""

    records: int
    regions: list[dict[str, object]]
    evenness: float
    usual_distance: float
    test_reached: float


class QualityScore(TypedDict("_Inputs", {"from": dict[str, object]})):  # `from` is a keyword of Python
    """A score from 0 to 1, None where nothing was there to measure it by, and what it was made from."""

    score: float | None


class Profile(Counts, total=False):
    """A version of the dataset in figures that another version can be held against."""

    originals: int
    lengths: Lengths
    words: Words
    bias: list[Skew]
    coverage: Coverage
    quality_scores: dict[str, QualityScore]
    test_digest: str


class Expected(TypedDict):
    """The outcome of one expectation: `gx.Finding` as JSON."""

    expect: str
    severity: str
    passed: bool
    title: str
    note: str
    observed: str
    unexpected: int
    checked: int
    first: Sequence[Mapping[str, str]]
    settings: Mapping[str, object]
    key: str
    gauges: Sequence[Mapping[str, object]]


class Report(TypedDict):
    """`report.json`."""

    stage: str
    expectations: Sequence[Expected]
    dataset: Totals
    changes: dict[str, object] | None


class LicenceRow(TypedDict):
    """A source, or a language model that wrote targets, with its terms and its exported rows."""

    source: str
    kind: str
    licence: str
    rows: int
