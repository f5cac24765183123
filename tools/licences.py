"""Licences of all packages that requirements.lock installs, as docs/licences.md.

    python tools/licences.py          write docs/licences.md from what is installed (make licences)
    python tools/licences.py --check  exit 1 where a package of requirements.lock is not listed

Licences are those that packages declare, as pip-licenses reads them. Copyleft ones (GPL) are named at the top.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/licences.md"
_COPYLEFT = re.compile(r"(?<!L)\bA?GPL|GNU (Affero )?General Public", re.IGNORECASE)
_WEAK = re.compile(r"LGPL|Lesser General", re.IGNORECASE)


def locked() -> dict[str, str]:
    """Normalised name -> version of every package in requirements.lock, on any platform."""
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    pairs = (match.groups() for match in (re.match(r"([A-Za-z0-9_.-]+)==([^ ;\\]+)", line) for line in lines) if match)
    return {_normal(name): version for name, version in pairs}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def installed() -> dict[str, tuple[str, str]]:
    """Normalised name -> (version, licence) of what this environment holds."""
    command = [sys.executable, "-m", "piplicenses", "--format=json", "--from=mixed", "--with-system"]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {_normal(one["Name"]): (one["Version"], " ".join(one["License"].split())) for one in found}


def needed(names: list[str]) -> set[str]:
    """The packages that these need to run, and theirs: no extras."""
    todo, seen = [_normal(name) for name in names], set[str]()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        try:
            more = requires(name) or []
        except PackageNotFoundError:
            continue
        seen.add(name)
        todo += [_normal(re.split(r"[^A-Za-z0-9_.-]", one)[0]) for one in more if "extra ==" not in one]
    return seen


def _named(file: str) -> list[str]:
    lines = (ROOT / file).read_text("utf-8").splitlines()
    return [re.split(r"[^A-Za-z0-9_.-]", line)[0] for line in lines if line and line[0] not in "#-"]


def page() -> str:
    """The page."""
    found, versions = installed(), locked()
    run, without_dvc = needed(_named("requirements.in")), needed([n for n in _named("requirements.in") if n != "dvc"])
    lines = [
        "# Licences of the dependencies",
        "",
        "Written by `make licences` from what the packages declare; do not edit. `run`: the core needs it",
        "(requirements.in); `DVC`: it comes with DVC alone; the rest serves an extra or development. Where a package",
        "offers several licences, one that is not GPL is taken.",
        "",
        "## Copyleft",
        "",
    ]
    rows = []
    for name, version in sorted(versions.items()):
        licence = found.get(name, ("", "not installed on this platform"))[1]
        use = "run" if name in without_dvc else "DVC" if name in run else ""
        rows.append(f"| {name} | {version} | {licence.replace('|', '/')} | {use} |")
        if _COPYLEFT.search(licence):
            weak = " (or a lesser one: see the text)" if _WEAK.search(licence) else ""
            lines.append(
                f"- {name} {version}: {licence}{weak}; {'needed by ' + use if use else 'extra or development'}"
            )
    table = ["", "## All", "", "| package | version | licence | needed by |", "|---|---|---|---|", *rows]
    return "\n".join([*lines, *table]) + "\n"


def main() -> None:
    """Write or check the page."""
    if sys.argv[1:] == ["--check"]:
        text = PAGE.read_text("utf-8")
        missing = [f"{name} {version}" for name, version in locked().items() if f"| {name} | {version} |" not in text]
        if missing:
            sys.exit(f"docs/licences.md lacks {', '.join(missing)}. Write it anew: make licences")
        return
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
