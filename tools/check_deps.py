"""Hold the `deps` of every stage in dvc.yaml against the code that the stage really imports.

    python tools/check_deps.py          say what is missing or needless; exit 1 if anything is
    python tools/check_deps.py --fix    rewrite the lists

Only the Python files of `pipeline/` are compared: data, templates and the like are written by
hand. Imports are read from the source (also those inside functions); empty `__init__.py` files carry no code and
are left out. A folder stands for its files where a stage needs all of them. A module named in a string is not seen:
do not import that way.
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


def folded(files: list[str], root: Path = Path(PACKAGE)) -> list[str]:
    """`files` with every folder that they hold whole in place of its files: the same meaning, a shorter dvc.lock.

    DVC spends most of a run in which nothing changed on reading that file.
    """
    needed = set(files)

    def fold(path: Path) -> list[str] | None:
        """What to list of a file or folder; None where it holds something that is not needed."""
        if path.is_file():
            return [path.as_posix()] if path.as_posix() in needed else None
        parts = {inner: fold(inner) for inner in sorted(path.iterdir()) if inner.name != "__pycache__" and size(inner)}
        if all(listed == [inner.as_posix()] for inner, listed in parts.items()):
            return [path.as_posix()]
        return [name for listed in parts.values() for name in listed or []]

    def size(path: Path) -> int:
        return path.stat().st_size if path.is_file() else sum(inner.stat().st_size for inner in path.rglob("*.*"))

    return sorted(
        name for path in root.iterdir() if path.name != "__pycache__" and size(path) for name in fold(path) or []
    )


def expected(stage: dict[str, Any]) -> list[str]:
    """The stage's hand-written dependencies on data, then its import closure with the other files it reads of ours."""
    data = [str(dep) for dep in stage["deps"] if not str(dep).startswith(f"{PACKAGE}/")]
    code = closure(entry_module(stage["cmd"]))
    other = [str(dep) for dep in stage["deps"] if str(dep).startswith(f"{PACKAGE}/") and not str(dep).endswith(".py")]
    listed = [path.as_posix() for dep in other for path in sorted(Path(dep).rglob("*")) if path.suffix != ".py"]
    files = [dep for dep in other if Path(dep).is_file()]
    return data + folded(
        sorted({*code, *files, *(path for path in listed if Path(path).is_file() and ".pyc" not in path)})
    )


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
