"""The type checker checks something: wrong tables, tensors and settings are found, and our stubs tell the truth."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import ROOT

_WRONG = """
import pyarrow as pa
import pyarrow.compute as pc
import torch
from pipeline.core.settings import Task
from pipeline.runtime.stage import count, keep_all

table: pa.Table = "text"  # a text as a table
keep_all(torch.zeros(3))  # a tensor as a table
count(pa.table({"lang": ["en", "zh"]}).column("lang"), "lang")  # a column as a table
Task(type=3)  # a number as a task type
scale: torch.Tensor = torch.zeros(3).where(keep_all(table))  # an outcome as a tensor
pc.equal("en", "zh")  # no column at all
"""
_RIGHT = """
import pyarrow as pa
import pyarrow.compute as pc
import torch
from pipeline.core.settings import Task
from pipeline.runtime.stage import count, keep_all

table: pa.Table = pa.table({"lang": ["en", "zh"]})
english: dict[str, int] = count(keep_all(table.filter(pc.equal(table["lang"], "en"))).kept, "lang")
task: Task = Task(type="classification", labels=("a", "b"))
ones: torch.Tensor = torch.ones(3) + torch.zeros(3)
"""


#: A module of tests, for which a snippet stands in: tests pass a plain run, with fewer checks than the package.
_OF_TESTS = "tests/fixture_types.py"


def complaints(source: str, folder: Path, place: str) -> list[int]:
    """The lines of `source` that the project's own type check refuses, in a file of its own or in place of another."""
    file = folder / "snippet.py"
    file.write_text(source, "utf-8")
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-context", "--no-pretty"]
    command += [str(file)] if place == "snippet.py" else ["--shadow-file", place, str(file), place]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode in (0, 1), found.stdout + found.stderr
    errors = [line for line in found.stdout.splitlines() if ": error:" in line]
    assert all(f"{place}:" in line for line in errors), found.stdout
    return sorted({int(line.split(f"{place}:")[1].split(":")[0]) for line in errors})


@pytest.mark.parametrize("place", ["snippet.py", _OF_TESTS])
def test_wrong_types_are_found(tmp_path: Path, place: str) -> None:
    wrong = [n for n, line in enumerate(_WRONG.split("\n"), 1) if "#" in line]
    assert complaints(_WRONG, tmp_path, place) == wrong


@pytest.mark.parametrize("place", ["snippet.py", _OF_TESTS])
def test_right_types_are_not(tmp_path: Path, place: str) -> None:
    assert complaints(_RIGHT, tmp_path, place) == []


STUBS = sorted((ROOT / "stubs").rglob("*.pyi"))


def module_of(stub: Path) -> str:
    parts = stub.relative_to(ROOT / "stubs").with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def definitions(module: ModuleType, body: list[ast.stmt]) -> Iterator[tuple[str, object, ast.FunctionDef | None]]:
    """(name, what it is at run time or None, how the stub has it) of every public function, class and method."""
    for node in body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name, getattr(module, node.name, None), node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            kind = getattr(module, node.name, None)
            yield node.name, kind, None
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("__"):
                    yield f"{node.name}.{inner.name}", getattr(kind, inner.name, None), inner


@pytest.mark.parametrize("stub", STUBS, ids=module_of)
def test_what_a_stub_promises_is_there(stub: Path) -> None:
    module = importlib.import_module(module_of(stub))
    missing, renamed = [], []
    for name, real, promised in definitions(module, ast.parse(stub.read_text("utf-8")).body):
        if real is None:
            missing.append(name)
        elif promised is not None and (parameters := known_parameters(real)):
            wanted = [a.arg for a in [*promised.args.args, *promised.args.kwonlyargs] if a.arg not in ("self", "cls")]
            renamed += [f"{name}({one})" for one in wanted if one not in parameters]
    assert not missing
    assert not renamed


def known_parameters(function: object) -> set[str]:
    """Names of a function's parameters; empty where it does not tell, or takes any."""
    try:
        parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return set()
    return set() if any(p.kind is p.VAR_KEYWORD for p in parameters) else {p.name for p in parameters}
