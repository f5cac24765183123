"""Which records of a table are alike, and how much: candidates by MinHash, true similarity, boilerplate discounted.

Two texts are as alike as they are with what much of their sources shares (an instruction, a signature, a template:
`text/boilerplate.py`) and without it, whichever is less. So rows of one long instruction are held against each other
by what stands under it. What one source shares is taken out of the texts of all, so that equal texts stay equal.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.clean.step import Context, updated_columns
from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.runtime.store import to_contents
from pipeline.tasks import task_type
from pipeline.text.boilerplate import Common, Counts, common, count, example, residual
from pipeline.text.minhash import candidates, signatures
from pipeline.text.normalise import normalised
from pipeline.text.shingles import Integers
from pipeline.text.similarity import jaccard

#: Which text of a record: see `TaskType`.
TextOf = Literal["main_text", "unit"]

_EXAMPLES = 200  # texts that are looked through for the longest boilerplate passage; a guess: not measured


class Search(Protocol):
    """What the search for pairs reads of a step's settings."""

    @property
    def review(self) -> float:
        """Least similarity of a pair that is shown."""

    @property
    def bands(self) -> int:
        """Bands of the MinHash index."""

    @property
    def rows(self) -> int:
        """Hash values in a band."""


@dataclass(frozen=True)
class SimilarPairs:
    """Pairs of rows, shape (pairs, 2), the similarity of their main texts, and each source's boilerplate."""

    pairs: Integers
    similarity: NDArray[np.float64]
    shared: Common
    notes: Mapping[str, Any] = field(default_factory=dict)


def similar_pairs(table: pa.Table, settings: Search, context: Context) -> SimilarPairs:
    """All pairs of rows whose texts are at least `review` similar, but for those that banding misses (see `rows`)."""
    plain, names, shared = _measured(table, context)
    texts = pa.table({"plain": plain})
    signed = np.empty((table.num_rows, settings.bands * settings.rows), np.uint32)
    rest: list[pa.ChunkedArray] = []
    start = 0
    sign = partial(_signed, permutations=signed.shape[1], shared=shared)
    for part in context.mapped(sign, texts, table["id"], updated_columns):
        signed[start : start + part.num_rows] = _matrix(part.column("signature").combine_chunks())
        rest.append(part.column("rest"))
        start += part.num_rows
    without = pa.chunked_array([chunk for column in rest for chunk in column.chunks], pa.string())
    order = pc.sort_indices(table.column("id")).to_numpy().astype(np.int64)  # so that input order cannot matter
    found = order[candidates(signed, order, settings.bands, settings.review - 3.5 * _deviation(settings))]
    alike = jaccard(plain, found)
    if shared:
        alike = np.minimum(alike, jaccard(without, found))
    close = alike >= settings.review
    return SimilarPairs(found[close], alike[close], shared, _boilerplate_notes(plain, without, names, shared))


def distinctive_texts(table: pa.Table, context: Context, of: TextOf = "main_text") -> pa.ChunkedArray:
    """The normalised main text (or the unit) of each record without what much of a source shares."""
    plain, _, shared = _measured(table, context, of)
    if not shared:
        return plain
    parts = context.mapped(partial(_rest, shared=shared), pa.table({"plain": plain}), table["id"])
    return pa.chunked_array(list(parts), pa.string())


def similarity_of_parts(records: Mapping[int, Record], alike: SimilarPairs, context: Context) -> NDArray[np.float64]:
    """The similarity of the least similar part of each pair; that of the whole where there is one part."""
    texts_of = task_type(context.task).compared_texts
    rows, places = np.unique(alike.pairs, return_inverse=True)
    parts = [texts_of(records[n]) for n in rows.tolist()]
    places = places.reshape(-1, 2)
    least = alike.similarity
    width = len(parts[0]) if parts else 1
    for part in range(width if width > 1 else 0):
        plain = [normalised(texts[part]) for texts in parts]
        # Two empty texts share no n-gram, yet they are equal.
        equal = np.array([plain[a] == plain[b] for a, b in places.tolist()], bool)
        found = jaccard(pa.array(plain, pa.string()), places)
        if alike.shared:
            without = residual(plain, alike.shared)
            found = np.minimum(found, jaccard(pa.array(without, pa.string()), places))
        least = np.minimum(least if part else 1.0, np.where(equal, 1.0, found))
    return least


def _measured(
    table: pa.Table, context: Context, of: TextOf = "main_text"
) -> tuple[pa.ChunkedArray, pa.ChunkedArray, Common]:
    """The normalised main texts (or units), the names of their sources, and the boilerplate of each source."""
    names = pc.struct_field(table.column("source"), "name")
    plain: list[pa.Array] = []
    counts: defaultdict[str, list[Counts]] = defaultdict(list)
    for texts, found in context.mapped(partial(_plain, task=context.task, of=of), table):
        plain.append(texts)
        for name, one in found.items():
            counts[name].append(one)
    return pa.chunked_array(plain, pa.string()), names, common(counts, Counter(names.to_pylist()))


def _plain(part: pa.Table, task: Task, of: TextOf) -> tuple[pa.Array, dict[str, Counts]]:
    text_of = getattr(task_type(task), of)
    plain = [normalised(text_of(record)) for record in to_contents(part)]
    by_source: defaultdict[str, list[str]] = defaultdict(list)
    for text, name in zip(plain, pc.struct_field(part.column("source"), "name").to_pylist(), strict=True):
        by_source[name].append(text)
    return pa.array(plain, pa.string()), {name: count(texts) for name, texts in by_source.items()}


def _rest(part: pa.Table, shared: Common) -> pa.Array:
    return pa.array(residual(part.column("plain").to_pylist(), shared), pa.string())


def _signed(part: pa.Table, permutations: int, shared: Common) -> pa.Table:
    """What is left of each text without its source's boilerplate, and the signature of that."""
    rest = _rest(part, shared)
    signed = signatures(rest.to_pylist(), permutations)
    packed = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(signed.shape[1] * 4), len(signed), [None, pa.py_buffer(signed)]
    )
    return pa.table({"rest": rest, "signature": packed})


def _matrix(packed: pa.Array) -> NDArray[np.uint32]:
    """Rows of fixed-size binary as rows of integers, shape (rows, width / 4)."""
    width = packed.type.byte_width
    data = np.frombuffer(
        memoryview(packed.buffers()[1] or b""), np.uint32, len(packed) * width // 4, packed.offset * width
    )
    result: NDArray[np.uint32] = data.reshape(len(packed), width // 4)
    return result


def _deviation(settings: Search) -> float:
    """Standard deviation of a similarity estimated from a signature, at the review threshold."""
    return float(np.sqrt(settings.review * (1 - settings.review) / (settings.bands * settings.rows)))


def _boilerplate_notes(
    plain: pa.ChunkedArray, without: pa.ChunkedArray, names: pa.ChunkedArray, shared: Common
) -> dict[str, dict[str, object]]:
    """For each source with boilerplate: records that have some, of how many, and its longest passage."""
    notes: dict[str, dict[str, object]] = {}
    for name in sorted(shared):
        own = pc.equal(names, name)
        has = pc.and_(own, pc.not_equal(plain, without))
        texts: Sequence[str] = plain.filter(has).slice(0, _EXAMPLES).to_pylist()
        if texts:
            passage = example(texts, name, shared)[:300]
            notes[name] = {"records": pc.sum(has).as_py(), "of": pc.sum(own).as_py(), "passage": passage}
    return notes
