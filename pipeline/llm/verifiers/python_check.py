"""A check in Python, run in a process of its own with limits. Off by default: it runs code.

The child process gets the case as JSON on standard input, no environment, an empty folder, limits on CPU time, memory,
file sizes, open files and processes, and no network where the kernel allows unprivileged network namespaces; where it
does not, the check is refused rather than run with the network in reach.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from pydantic import Field

from pipeline.core.errors import PipelineError, shorten
from pipeline.core.settings import Settings
from pipeline.llm.verifiers.contract import Case

_RUNNER = """
import json, resource, sys
seconds, memory, code = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
for what, limit in (
    (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 1_000_000),
    (resource.RLIMIT_NOFILE, 32), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NPROC, 0),
):
    resource.setrlimit(what, (limit, limit))
case = json.load(sys.stdin)
scope = {"__name__": "check"}
exec(compile(code, "check", "exec"), scope)
found = scope["check"](**case)
print(json.dumps("" if found is None or found is True else "the check says no" if found is False else str(found)))
"""


class PythonCheck(Settings):
    """A file with a function `check(text, reference, passage, lang, ...) -> True, False or what is wrong`."""

    file: str
    enabled: bool = False  # runs code from that file on every answer
    seconds: int = Field(default=5, ge=1, le=600)  # CPU and wall time of one check; a guess: not measured
    memory_mb: int = Field(default=512, ge=64)  # address space; a guess: not measured


def passes_check(case: Case, settings: PythonCheck) -> str:
    """What the check says of the answer; a check that crashes, hangs or takes too much says so itself."""
    if not settings.enabled:
        raise PipelineError(f"verifier python: {settings.file} is not enabled.", "It runs code: set enabled: true.")
    path = Path(settings.file)
    if not path.is_file():
        raise PipelineError(f"verifier python: {path}: no such file.", "Check the path.")
    inputs = {name: value for name, value in asdict(case).items() if name not in ("calls", "tools")}
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *_without_network(), sys.executable, "-I", "-c", _RUNNER,
            str(settings.seconds), str(settings.memory_mb << 20), path.read_text("utf-8"),
        ]  # fmt: skip
        try:
            done = subprocess.run(
                command, input=json.dumps(inputs), capture_output=True, text=True, cwd=folder, env={},
                timeout=settings.seconds + 5, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"the check took more than {settings.seconds} s"
    return _verdict(done)


def _verdict(done: subprocess.CompletedProcess[str]) -> str:
    """What the process printed last, or how it failed."""
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
        return f"the check failed: {shorten(last, 160)}"
    try:
        return str(json.loads(done.stdout.strip().splitlines()[-1]))
    except (ValueError, IndexError):
        return "the check printed something else than its verdict"


def _without_network() -> list[str]:
    """The words before a command that take the network away from it. Raises PipelineError where nothing can."""
    unshare = shutil.which("unshare")
    words = [unshare or "unshare", "--net", "--map-root-user"]
    if unshare and subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
        return words
    raise PipelineError(
        "verifier python: this machine cannot take the network away from the check.",
        "Install util-linux (unshare) and allow user namespaces, or leave the verifier out.",
    )
