"""`sft repro`: what `dvc repro` does, after setting a damaged dvc.lock aside, and without the advice that DVC adds.

DVC ends each run with lines that tell to `git add`, to switch `core.autostage` on and to `dvc push`: no setting turns
them off. All else that DVC and the stages say comes through as it is said, and so does DVC's exit status.

DVC stops at the first stage that fails, so before the report. The page that says what is wrong is then written from
what the run got to.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from pipeline.commands.json_output import add_json, write_as_json
from pipeline.commands.repair import set_aside

#: Lines of DVC 3 that are advice (dvc/repo/scm_context.py, dvc/commands/repro.py), and its remark on a file it writes.
_ADVICE = re.compile(
    r"To track the changes with git, run:|\tgit add .*|To enable auto staging, run:|\tdvc config core\.autostage true"
    r"|Use `dvc push` to send your updates to remote storage\.|(Updating|Generating) lock file .*"
)
_RUNS = re.compile(r"Running stage '(.+)':")
REPORT = Path("data/report/quality.html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `sft repro`."""
    parser.add_argument(
        "stages", nargs="*", metavar="STAGE", help="only these stages and what they need (default: all)"
    )
    parser.add_argument("--force", action="store_true", help="run the stages even where nothing changed")
    add_json(parser, "which stages ran, and where the report is,")


def run(arguments: argparse.Namespace) -> None:
    """Run DVC and pass its lines on; exit as DVC does."""
    lock = set_aside()
    if lock:
        sys.stderr.write(f"dvc.lock was cut off or damaged; set aside as {lock}\n")
    command = [sys.executable, "-m", "dvc", "repro", *(["--force"] if arguments.force else []), *arguments.stages]
    ran: list[str] = []
    out = sys.stderr if arguments.json else sys.stdout
    at_once = {**os.environ, "PYTHONUNBUFFERED": "1"}  # else DVC's lines come after those of the stages
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=subprocess.STDOUT, encoding="utf-8", env=at_once) as process:
        for line in without_advice(process.stdout or ()):
            ran += _RUNS.findall(line)
            out.write(line)
            out.flush()
    if process.returncode:
        _report_what_is_there(ran, out)
    if arguments.json:
        report = REPORT.as_posix() if REPORT.is_file() else None
        write_as_json({"ran": ran, "report": report, "ok": process.returncode == 0})
    if process.returncode:
        sys.exit(process.returncode)


def _report_what_is_there(ran: Sequence[str], out: TextIO) -> None:
    """Run the report stage after another one failed. DVC does not know of that page; a whole run replaces it.

    Where it cannot be written, the page of an earlier run goes: it would look current.
    """
    if not ran or ran[-1] == "report":
        return
    if Path("data/collect/report.json").is_file():
        out.write(f"\n{ran[-1]} did not end well; the report is written from what there is:\n")
        out.flush()
        command = [sys.executable, "-m", "pipeline.report", "data", str(REPORT.parent)]
        if subprocess.run(command, stderr=out, check=False).returncode == 0:
            return
    if REPORT.is_file():
        REPORT.unlink()
        out.write(f"{REPORT.as_posix()} was of an earlier run and is removed; the next whole run writes it anew\n")


def without_advice(lines: Iterable[str]) -> Iterator[str]:
    """The lines but for DVC's advice, and but for empty lines that would follow one another, begin or end them."""
    is_empty, begun = False, False
    for line in lines:
        if _ADVICE.fullmatch(line.rstrip("\r\n")):
            continue
        if not line.strip():
            is_empty = True
            continue
        if is_empty and begun:
            yield "\n"
        is_empty, begun = False, True
        yield line
