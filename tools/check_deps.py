"""Hold the `deps` of every stage in dvc.yaml against the code that the stage really imports.

    python tools/check_deps.py          say what is missing or needless; exit 1 if anything is
    python tools/check_deps.py --fix    rewrite the lists

Only the Python files of `pipeline/` are compared: data, templates and the like are written by
hand. Imports are read from the source (also those inside functions); empty `__init__.py` files carry no code and
are left out. A module named in a string is not seen: do not import that way.
"""

from __future__ import annotations

import ast
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

PACKAGE = "pipeline"


def module_file(module: str) -> Path | None:
    """The file of a dotted module name, or None where it names something else."""
    path = Path(*module.split("."))
    return next((p for p in (path / "__init__.py", path.with_suffix(".py")) if p.is_file()), None)


def imported(path: Path) -> Iterator[str]:
    """Dotted names of ours that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == PACKAGE:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE)


def closure(module: str) -> list[str]:
    """Every non-empty file of ours that running `python -m module` can read, sorted."""
    seen: set[Path] = set()
    todo = [module]
    while todo:
        parts = todo.pop().split(".")
        for end in range(1, len(parts) + 1):
            path = module_file(".".join(parts[:end]))
            if path and path not in seen:
                seen.add(path)
                todo += imported(path)
    return sorted(path.as_posix() for path in seen if path.stat().st_size)


def entry_module(command: str) -> str:
    """`python -m pipeline.clean IN OUT` -> `pipeline.clean.__main__` (or the module itself)."""
    words = shlex.split(command)
    module = words[words.index("-m") + 1]
    return f"{module}.__main__" if module_file(f"{module}.__main__") else module


def expected(stage: dict[str, Any]) -> list[str]:
    """The stage's hand-written dependencies (data, files that are not Python), then its import closure."""
    data = [dep for dep in stage["deps"] if not (str(dep).startswith(f"{PACKAGE}/") and str(dep).endswith(".py"))]
    return data + closure(entry_module(stage["cmd"]))


def main() -> int:
    """Compare, or rewrite with `--fix`. Returns the exit code."""
    yaml = YAML()
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)  # as the file is written by hand
    file = Path("dvc.yaml")
    document = yaml.load(file.read_text("utf-8"))
    wrong = False
    for name, stage in document["stages"].items():
        stage = stage.get("do", stage)
        wanted, listed = expected(stage), [str(dep) for dep in stage["deps"]]
        for dep in sorted({*wanted} - {*listed}):
            print(f"dvc.yaml: {name}: missing   - {dep}")
        for dep in sorted({*listed} - {*wanted}):
            print(f"dvc.yaml: {name}: needless  - {dep}")
        if listed != wanted:
            wrong = True
            stage["deps"] = wanted
    if wrong and "--fix" in sys.argv[1:]:
        with file.open("w", encoding="utf-8") as stream:
            yaml.dump(document, stream)
        return 0
    if wrong:
        print("Write the lists anew: python tools/check_deps.py --fix")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
