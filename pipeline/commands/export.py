"""`sft export`: the finished dataset in other forms, or on a hub."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from pipeline.annotation.annotations import Annotation, read_folder
from pipeline.annotation.candidates import PLACES, read_candidates
from pipeline.annotation.checks import by_own_key
from pipeline.annotation.label_studio_export import readers
from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task, load_task
from pipeline.export.files import write
from pipeline.export.formats import FORMS
from pipeline.export.preference import Pairs, compared
from pipeline.export.provenance import stamped
from pipeline.runtime.records import RecordsById
from pipeline.runtime.store import read_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `sft export`."""
    parser.add_argument(
        "--form", action="append", default=[], metavar="NAME", help=f"one of {', '.join(FORMS)}; repeat"
    )
    parser.add_argument("--out", type=Path, default=Path("exported"), help="folder to write to (default: exported)")
    parser.add_argument(
        "--dataset", type=Path, default=Path("data/validate/dataset"), help="the exported dataset's folder"
    )
    parser.add_argument(
        "--records",
        type=Path,
        default=Path("data/augment/records.parquet"),
        help="records with their history, for --form preference",
    )
    parser.add_argument(
        "--candidates",
        type=Path,
        nargs="+",
        default=[Path("data") / place for place in PLACES],
        help="files or folders of replies with scores, for --form preference (default: those of teachers, if any)",
    )
    parser.add_argument(
        "--annotations",
        type=Path,
        default=Path("data/annotations"),
        help="people's answers, for --form preference (default: data/annotations)",
    )
    parser.add_argument(
        "--margin", type=float, default=0.0, help="least difference of two scores that make a preference pair"
    )
    parser.add_argument(
        "--strict", action="store_true", help="stop where a form has no place for a row (default: leave it out)"
    )
    parser.add_argument(
        "--folder", type=Path, metavar="PATH", help="copy the dataset folder there; its card names commit and settings"
    )
    parser.add_argument("--json", action="store_true", help="print what was written and left out as JSON")
    parser.add_argument("--push", metavar="OWNER/NAME", help="upload the dataset folder to a hub; needs a token")
    parser.add_argument("--endpoint", help="the hub's address (default: $HF_ENDPOINT, else Hugging Face)")
    parser.add_argument(
        "--public", action="store_true", help="anybody may read it (default: a new repository is private)"
    )
    parser.add_argument(
        "--accept-licence", action="store_true", help="publish although no licence in the card allows it by name"
    )


def run(arguments: argparse.Namespace) -> None:
    """Write the forms asked for; then push, where asked."""
    if not arguments.form and not arguments.push and not arguments.folder:
        raise PipelineError(
            "sft export: nothing to do.",
            f"Name a form (--form {' | '.join(FORMS)}) --folder PATH or --push OWNER/NAME.",
        )
    done = _export(arguments)
    if arguments.json:
        sys.stdout.write(json.dumps(done, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
        return
    for form in done["forms"].values():
        for path, count in form["files"].items():
            sys.stdout.write(f"{path}  {count:,} rows\n")
        for reason, count in form["left_out"].items():
            sys.stdout.write(f"  left out: {count:,} {reason}\n")
    if done["stamp"]:
        told = ", ".join(f"{name} {value}" for name, value in done["stamp"].items())
        sys.stdout.write(f"{arguments.folder}: {told}\n")
    if done["pushed"]:
        sys.stdout.write(f"pushed: {done['pushed']}\n")


def _export(arguments: argparse.Namespace) -> dict[str, Any]:
    """Do what is asked; per form its files with their rows and what was left out, the stamp, where it was pushed."""
    task, forms = load_task(), {}
    for name in arguments.form:
        pairs = _pairs(arguments, task) if name == "preference" else None
        done = write(arguments.dataset, name, task, arguments.out, arguments.strict, arguments.records, pairs)
        files = {path.as_posix(): count for path, count in done.files.items()}
        forms[name] = {"files": files, "left_out": dict(done.left_out.most_common())}
    stamp = stamped(arguments.dataset, arguments.folder) if arguments.folder else None
    place = None
    if arguments.push:
        from pipeline.export.push import push

        place = push(arguments.dataset, arguments.push, arguments.endpoint, arguments.public, arguments.accept_licence)
    return {"forms": forms, "stamp": stamp, "pushed": place}


def _pairs(arguments: argparse.Namespace, task: Task) -> Pairs:
    found = read_folder(arguments.annotations, readers(task)) if arguments.annotations.is_dir() else ()
    given = by_own_key(found, RecordsById(read_table(arguments.records)))
    answers = (one for one in given if isinstance(one, Annotation))
    return Pairs(read_candidates(*arguments.candidates), arguments.margin, compared(answers))
