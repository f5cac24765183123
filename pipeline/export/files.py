"""A form's files, written whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.compute as pc

from pipeline.core.errors import PipelineError, shorten
from pipeline.core.record import Row
from pipeline.core.registry import pick
from pipeline.core.settings import Task
from pipeline.export.formats import FORMS, Form
from pipeline.export.preference import Pairs
from pipeline.export.written_counts import Account
from pipeline.runtime.shards import batches
from pipeline.runtime.store import files_of, read_table

#: Split of records -> the name of its file.
_SPLITS = {"train": "train", "dev": "validation", "test": "test"}


@dataclass(frozen=True)
class Written:
    """The files of a form with their rows, and how many rows were left out for each reason."""

    files: dict[Path, int]
    left_out: Counter[str]


def write(
    dataset: Path,
    name: str,
    task: Task,
    out: Path,
    strict: bool = False,
    records: Path | None = None,
    pairs: Pairs | None = None,
) -> Written:
    """Write every split in the form `name` to `out`/<name>/, in place of what was there, or nothing.

    Rows that the form has no place for are left out and counted; with `strict` they stop the export. `pairs` are what
    preference pairs are made of beside the `records`.
    """
    form = _form(name, task, pairs)
    inputs = _of_records(records) if form.of_records else _of_dataset(dataset)
    out.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=out))
    try:
        accounts = {split: _write_split(form, rows, task, part / f"{split}.{form.suffix}") for split, rows in inputs}
        _check(name, form, accounts, strict)
        _finish(part, form, accounts)
        _replace(part, out / name)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    files = {out / name / f"{split}.{form.suffix}": one.rows for split, one in accounts.items() if one.rows}
    return Written(files, _left_out(accounts.values(), pairs))


def _form(name: str, task: Task, pairs: Pairs | None) -> Form:
    form = pick(FORMS, name, "sft export --form")
    if form.only and task.type not in form.only:
        fitting = [other for other, one in FORMS.items() if not one.only or task.type in one.only]
        raise PipelineError(
            f"sft export: {name} has no place for {task.type}.", f"Forms that do: {', '.join(fitting)}."
        )
    return replace(form, function=pairs.write) if pairs is not None and form.of_records else form


def _finish(part: Path, form: Form, accounts: Mapping[str, Account]) -> None:
    """Take files without a row away, and write what stands beside the others."""
    kept = {split: account.columns for split, account in accounts.items() if account.rows}
    for split in accounts.keys() - kept.keys():
        (part / f"{split}.{form.suffix}").unlink()
    beside = form.beside(kept) if form.beside else {}
    for file, text in beside.items():
        (part / file).write_text(text, "utf-8")


def _left_out(accounts: Collection[Account], pairs: Pairs | None) -> Counter[str]:
    """Rows that are in no file, by reason; judgements of records that there are not are counted too."""
    reasons = Counter(reject.reason for account in accounts for _, reject in account.refused)
    judged = {*pairs.candidates, *pairs.compared} if pairs else set()
    unmet = judged.difference(*(account.met for account in accounts))
    beside = {"not_in_mixture": sum(account.not_in_mixture for account in accounts), "unknown_record": len(unmet)}
    return reasons + Counter(beside)


def _write_split(form: Form, rows: Iterator[Row], task: Task, path: Path) -> Account:
    account = Account()
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(form.function(rows, task, account))
    return account


def _check(name: str, form: Form, accounts: dict[str, Account], strict: bool) -> None:
    refused = [one for account in accounts.values() for one in account.refused]
    rows = sum(account.rows for account in accounts.values())
    if refused and (strict or not rows):
        id, first = refused[0]
        counts = Counter(reject.reason for _, reject in refused)
        listed = ", ".join(f"{n:,} {reason}" for reason, n in counts.most_common())
        raise PipelineError(
            f"sft export: {name} has no place for {len(refused):,} of {rows + len(refused):,} rows: {listed}.",
            f"First {id}: {shorten(first.detail, 120)}. Another form may have it: docs/conversations.md.",
        )
    if not rows:
        raise PipelineError(
            f"sft export: no row for {name}.",
            "Preference pairs come of replies that people corrected in `label` and of judged --candidates.",
        )
    train = accounts["train"].rows if "train" in accounts else 0
    if train < form.fewest:
        raise PipelineError(f"sft export: {name} needs {form.fewest} train rows; here are {train}.", "Add some.")


def _replace(part: Path, place: Path) -> None:
    """The finished folder in the place of the old one."""
    part.chmod(0o755)  # that of a temporary folder is for its owner alone
    if not place.exists():
        part.rename(place)
        return
    old = part.with_name(f"{part.name}-old")
    place.rename(old)
    part.rename(place)
    shutil.rmtree(old)


def _of_dataset(dataset: Path) -> list[tuple[str, Iterator[Row]]]:
    files = sorted((dataset / "data").glob("*.parquet"))
    if not files:
        raise PipelineError(f"{dataset}: holds no exported dataset.", "Build it first: dvc repro validate")
    return [(file.name.split("-")[0], _rows(file)) for file in files]


def _of_records(records: Path | None) -> list[tuple[str, Iterator[Row]]]:
    if records is None or not files_of(records):
        raise PipelineError(f"{records}: no such file.", "Build it first: dvc repro augment")
    held_out = _held_out_groups(records)
    return [(name, _of_split(records, split, held_out)) for split, name in _SPLITS.items()]


def _of_split(records: Path, split: str, held_out: Set[str]) -> Iterator[Row]:
    """The rows of a split; prompts without a label are of train, but for copies of what is held out."""
    for row in _rows(records):
        is_open = split == "train" and row["split"] == "unlabelled" and row["group"] not in held_out
        if row["split"] == split or is_open:
            yield row


def _held_out_groups(records: Path) -> set[str]:
    table = read_table(records, ["split", "group"], pc.field("split").isin(["dev", "test", "benchmark"]))
    return set(table["group"].to_pylist()) - {None}


def _rows(file: Path) -> Iterator[Row]:
    for batch in batches(file, rows=4096):
        yield from batch.to_pylist()
