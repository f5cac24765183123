"""How often each training record is read in one epoch, so that sources or languages have the shares that are wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from pipeline.core.conversation import calls_as_json, canonical, to_conversation
from pipeline.core.errors import PipelineError
from pipeline.core.record import META, Record, share
from pipeline.core.registry import did_you_mean
from pipeline.core.settings import Settings
from pipeline.validate.dataset_view import View
from pipeline.validate.expectations.tokens import token_counter

#: Records whose texts are counted together. A guess: not measured.
_PART = 8192


class Mixture(Settings):
    """Section `validate.mixture`. Without it every record is read once."""

    by: str = Field("source", pattern=r"^(source|lang|meta_\w+)$")  # what makes a group: meta_topic is the tag `topic`
    unit: Literal["rows", "tokens"] = "tokens"  # of shares, caps and size; tokens of all texts of a record
    weights: dict[str, float] = Field({})  # group -> its share, relative to the others; empty: by size and temperature
    temperature: float = Field(1.0, gt=0)  # shares as size ** (1 / temperature): above 1 they grow more even
    caps: dict[str, float] = Field({})  # group -> most of it, in units
    # `max_repeats` is a guess: not measured.
    max_repeats: float = Field(4.0, gt=0)  # most epochs of any group: more would be learned by heart
    size: float | None = Field(None, gt=0)  # of the whole mixture, in units; null: as much as there is


@dataclass(frozen=True)
class Mixed:
    """`repeats`: record id -> how often it is read. `groups`: one entry a group, for card and report."""

    repeats: Mapping[str, int]
    groups: Sequence[Mapping[str, object]]


#: Columns of mixture.parquet: the train records that are not read exactly once in an epoch.
READ = pa.schema({"id": pa.string(), "repeats": pa.int32()})


def changed_by(mixture: Mixed | None) -> pa.Table:
    """What the mixture changes (see `READ`), by id; no rows without one."""
    repeats = {} if mixture is None else mixture.repeats
    return pa.Table.from_pylist([{"id": id, "repeats": n} for id, n in sorted(repeats.items()) if n != 1], READ)


def mixed(view: View, settings: Mixture) -> Mixed:
    """The mixture of the labelled train records.

    A group's records are all read as many whole epochs as it gets; what is left of an epoch is drawn by record id, so
    other records coming or going move no choice. Raises PipelineError for groups that are not there, or not weighted.
    """
    records, tokens, groups = _parts(view, settings.by)
    units = tokens if settings.unit == "tokens" else [1] * len(records)
    sizes = {name: float(sum(units[n] for n in rows)) for name, rows in sorted(groups.items())}
    epochs = epochs_of(sizes, settings)
    repeats = {
        record.id: _times(record.id, epochs[name]) for name, rows in groups.items() for record in _at(records, rows)
    }
    read = {name: sum(tokens[n] * repeats[records[n].id] for n in rows) for name, rows in groups.items()}
    total = max(sum(read.values()), 1)
    told = [
        {
            settings.by: name,
            "rows": len(groups[name]),
            "tokens": sum(tokens[n] for n in groups[name]),
            "epochs": round(epochs[name], 4),
            "rows_read": sum(repeats[records[n].id] for n in groups[name]),
            "tokens_read": read[name],
            "share_of_tokens": round(read[name] / total, 4),
        }
        for name in sizes
    ]
    return Mixed(repeats, told)


def as_it_is(view: View) -> list[dict[str, object]]:
    """Rows and tokens of each source in the train split, and its share of the tokens, where nothing is weighed."""
    _, tokens, groups = _parts(view, "source")
    total = max(sum(tokens), 1)
    sizes = {name: sum(tokens[n] for n in rows) for name, rows in sorted(groups.items())}
    return [
        {"source": name, "rows": len(groups[name]), "tokens": size, "share_of_tokens": round(size / total, 4)}
        for name, size in sizes.items()
    ]


def _parts(view: View, by: str) -> tuple[Sequence[Record], list[int], dict[str, list[int]]]:
    """The labelled train records, the tokens of each, and the row numbers of each group."""
    records = view.labelled.where(pc.equal(view.labelled.table["split"], "train"))
    groups: dict[str, list[int]] = {}
    for n, record in enumerate(records):
        groups.setdefault(_group(record, by), []).append(n)
    return records, _tokens(records, view), groups


def _group(record: Record, by: str) -> str:
    if by.startswith(META):
        return record.meta.get(by.removeprefix(META), "(none)")
    return record.source.name if by == "source" else record.lang


def _check_names(sizes: Mapping[str, float], settings: Mixture) -> None:
    """Weights and caps are for groups that there are, and weights for each of them."""
    for part, named in (("weights", settings.weights), ("caps", settings.caps)):
        strange = next((name for name in named if name not in sizes), None)
        if strange is not None:
            raise PipelineError(
                f"validate.mixture.{part}: no train record is of {settings.by} '{strange}'.",
                did_you_mean(strange, sizes),
            )
    left = sorted(set(sizes) - set(settings.weights)) if settings.weights else []
    if left:
        raise PipelineError(
            f"validate.mixture.weights: no weight for {', '.join(left)}.", "Give each one; 0 leaves a group out."
        )


def epochs_of(sizes: Mapping[str, float], settings: Mixture) -> dict[str, float]:
    """How many times each group (name -> size in units) is read."""
    _check_names(sizes, settings)
    wanted = settings.weights or {name: size ** (1 / settings.temperature) for name, size in sizes.items()}
    whole = sum(wanted.values())
    if sizes and (whole <= 0 or min(wanted.values()) < 0):
        raise PipelineError("validate.mixture.weights: weights must be 0 or more, and one above 0.")
    total = settings.size if settings.size is not None else sum(sizes.values())
    found = dict.fromkeys(sizes, 0.0)
    for name, size in sizes.items():
        most = min(settings.caps.get(name, float("inf")), settings.max_repeats * size)
        if size:
            found[name] = min(total * wanted[name] / whole, most) / size
    return found


def _times(id: str, epochs: float) -> int:
    return int(epochs) + (share("mixture", id) < epochs - int(epochs))


def _at(records: Sequence[Record], rows: Sequence[int]) -> Sequence[Record]:
    return [records[n] for n in rows]


def _tokens(records: Sequence[Record], view: View) -> list[int]:
    """Tokens of each record, calls and tool definitions too, by the generator's tokenizer or else the encoder's."""
    which = "generator" if view.models.generator is not None else "encoder"
    _, count = token_counter(getattr(view.models, which), which)
    found: list[int] = []
    for start in range(0, len(records), _PART):
        texts = [[*view.texts(record), *_beside(record)] for record in records[start : start + _PART]]
        counts = iter(count([text for one in texts for text in one]))
        found += [sum(next(counts) for _ in one) for one in texts]
    return found


def _beside(record: Record) -> Iterator[str]:
    """What a conversation holds beside its texts: calls, and the definitions of tools."""
    if "messages" not in record.fields:
        return
    conversation = to_conversation(record.fields, record.target)
    yield from (calls_as_json(message.tool_calls) for message in conversation.messages if message.tool_calls)
    if conversation.tools:
        yield canonical(conversation.tools)
