"""How much of the documents became examples: per document, least covered first, and what was refused and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, TypedDict

from pipeline.core.counts import ranked
from pipeline.report.blocks import Block, facts, table
from pipeline.report.inputs import Inputs

_COLUMNS = {
    "document": "text",
    "pages": "num",
    "chunks": "num",
    "repeated": "num",
    "covered": "pct",
    "examples": "num",
    "refused": "num",
    "known_anyway": "pct",
}
_SUMMED = ("letters", "covered_letters", "chunks", "known", "asked_without_chunk")
#: Documents in the table; the report of `collect` has them all. A guess: not measured.
_SHOWN = 100


class _Document(TypedDict):
    """One document, as the collect stage notes it; letters are those of chunks that repeat no other one."""

    document: str
    pages: int
    chunks: int
    repeated_chunks: int
    letters: int
    covered_letters: int
    examples: Mapping[str, int]
    refused: Mapping[str, int]
    known: int
    asked_without_chunk: int


def documents(inputs: Inputs) -> list[Block]:
    """Nothing where no source is made of documents that a language model wrote examples from.

    Covered are the letters of chunks that gave at least one example, of all chunks that repeat no other one.
    """
    sources: Mapping[str, Any] = inputs.report("collect").get("notes", {}).get("sources", {})
    found = [one for source in sources.values() for one in source.get("documents", ()) if source.get("language_model")]
    if not found:
        return []
    rows = sorted(found, key=lambda one: (_covered(one) or 0.0, one["document"]))
    refused = sum((Counter(one["refused"]) for one in found), Counter[str]())
    total = {name: sum(one[name] for one in found) for name in _SUMMED}
    figures = facts(
        ("documents", len(found), "num"),
        ("chunks", total["chunks"], "num"),
        ("covered", _share(total["covered_letters"], total["letters"]), "pct"),
        ("examples", sum(sum(one["examples"].values()) for one in found), "num"),
        ("known_anyway", _share(total["known"], total["asked_without_chunk"]), "pct"),
    )
    reasons = table("refused_examples", {"reason": "code", "rows": "num"}, [list(pair) for pair in ranked(refused)])
    return [figures, table("documents", _COLUMNS, [_row(one) for one in rows[:_SHOWN]], len(rows)), reasons]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _covered(one: _Document) -> float | None:
    return one["covered_letters"] / one["letters"] if one["letters"] else None


def _row(one: _Document) -> list[object]:
    asked = one["asked_without_chunk"]
    written, refused = sum(one["examples"].values()), sum(one["refused"].values())
    known = one["known"] / asked if asked else None
    chunks = [one["pages"] or None, one["chunks"], one["repeated_chunks"]]
    return [one["document"], *chunks, _covered(one), written, refused, known]
