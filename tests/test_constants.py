"""Every chosen number names its origin: a source, the command that measured it, or that it is a guess."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

#: How comments say so.
_ORIGIN = re.compile(
    r"guess|choice|measured|benchmarks/|tests/|https?://|et al|\b(19|20)\d\d\b|usual|standard|default of|as in|see "
    r"|\bISO\b|\bRFC\b|Unicode|transformers|scikit|published|paper|limit of|format|bits?\b|quantile|any number"
    r"|\bstored\b|SplitMix64|hub\b",
    re.IGNORECASE,
)
#: These are counted, or are the ends of a scale, and need no reason.
_PLAIN = {-1, 0, 1, 2}


def chosen(value: ast.expr | None) -> bool:
    """Whether an expression holds a number that might as well be another."""
    numbers = [node.value for node in ast.walk(value) if isinstance(node, ast.Constant)] if value else []
    return any(isinstance(n, (int, float)) and not isinstance(n, bool) and n not in _PLAIN for n in numbers)


def default(value: ast.expr | None) -> ast.expr | None:
    """What a setting is where nobody sets it."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "Field":
        given = {keyword.arg: keyword.value for keyword in value.keywords}
        return given.get("default", value.args[0] if value.args else None)
    return value if isinstance(value, ast.Constant) else None


def numbers(tree: ast.Module) -> Iterator[ast.Assign | ast.AnnAssign]:
    """Constants of a module that are numbers, and defaults of settings."""
    for node in tree.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            name = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
            if name.isupper() and isinstance(node.value, (ast.Constant, ast.Tuple, ast.BinOp)) and chosen(node.value):
                yield node
        elif isinstance(node, ast.ClassDef):
            yield from (one for one in node.body if isinstance(one, ast.AnnAssign) and chosen(default(one.value)))


def told(node: ast.stmt, lines: list[str]) -> str:
    """The number's own lines, and those above it up to an empty one: constants that belong together share a comment."""
    first = node.lineno - 1
    while first and lines[first - 1].strip():
        first -= 1
    return "\n".join(lines[first : node.end_lineno])


def silent(file: Path) -> list[str]:
    """The numbers of a file that say nothing of their origin."""
    lines = file.read_text("utf-8").split("\n")
    found = numbers(ast.parse("\n".join(lines)))
    return [f"{file.name}:{node.lineno} {ast.unparse(node)}" for node in found if not _ORIGIN.search(told(node, lines))]


def test_every_chosen_number_says_where_it_comes_from() -> None:
    found = [line for file in sorted((ROOT / "pipeline").rglob("*.py")) for line in silent(file)]
    assert not found, "say who chose these and how, or `a guess: not measured`:\n" + "\n".join(found)


def test_a_number_without_a_word_is_found(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text("WIDTH = 7\n\nHEIGHT = 9  # a guess: not measured\n\nclass A:\n    rows: int = Field(default=50)\n")
    assert silent(file) == ["module.py:1 WIDTH = 7", "module.py:6 rows: int = Field(default=50)"]
