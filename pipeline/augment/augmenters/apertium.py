"""Apertium, rule-based machine translation: one process for a whole batch of texts.

Starting it costs a second and a half; one process per text gives 0.6 texts a second, a batch over a hundred.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import partial

from pipeline.augment.augmenters.request import EngineMissingError
from pipeline.core.errors import PipelineError, shorten

#: Seconds one batch may take before we say that Apertium hangs. A guess: not measured.
_TIMEOUT = 600


def open_direction(direction: str) -> tuple[str, Callable[[list[str]], list[str]]]:
    """Version and translator of a direction such as `eng-spa`. Raises EngineMissingError."""
    program = shutil.which("apertium")
    pair = "-".join(sorted(direction.split("-")))
    remedy = f"Install it: apt-get install apertium apertium-{pair}"
    if program is None:
        raise EngineMissingError("Apertium is not on this machine", remedy)
    listed = _run([program, "-l"], "").split()
    if direction not in listed:
        have = ", ".join(listed) or "none"
        raise EngineMissingError(f"Apertium has no direction '{direction}' (it has: {have})", remedy)
    return f"{_run([program, '-V'], '').strip()} {direction}", partial(_translate, [program, "-u", direction])


def _translate(command: list[str], texts: list[str]) -> list[str]:
    """One translation per text, in order. A text is one line.

    Texts are parted by blank lines, which Apertium keeps; a single line break would join
    sentences. Where a batch comes back with another number of parts, its halves are tried.
    """
    if not texts:
        return []
    answer = _run(command, "\n\n".join(texts))
    parts = [" ".join(part.split()) for part in re.split(r"\n[ \t]*\n", answer.strip("\n"))]
    if len(parts) == len(texts):
        return parts
    if len(texts) == 1:
        return [" ".join(answer.split())]
    middle = len(texts) // 2
    return _translate(command, texts[:middle]) + _translate(command, texts[middle:])


def _run(command: list[str], text: str) -> str:
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    try:
        result = subprocess.run(
            command,
            input=text,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=environment,
            timeout=_TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise PipelineError(
            f"{' '.join(command)} gave no answer in {_TIMEOUT} s.", "Run again, or disable it."
        ) from None
    # `-l` and `-V` differ in exit codes between versions; an empty answer to a text is what counts.
    if result.returncode and text:
        raise PipelineError(f"{' '.join(command)} failed: {shorten(result.stderr, 200)}", "Try it by hand.")
    return result.stdout
