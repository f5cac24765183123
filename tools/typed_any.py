"""Where parameters and returns are typed `Any`, also behind aliases: `python tools/typed_any.py` prints the places."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.code_files import Source, read_sources

#: The one alias of `Any` that says something: a value in the shape that the task type declares.
SAID = {"Target"}


def any_share(sources: Sequence[Source]) -> tuple[float, float]:
    """Share of parameters, and of return values, whose type is or holds `Any` (`dict[str, Any]`, an alias of it)."""
    vague = _vague_names(sources)
    found: dict[bool, list[bool]] = {True: [], False: []}
    for source in sources:
        for is_return, annotation in _annotations(source):
            found[is_return].append(bool(_names(annotation) & vague[source.name]))
    return _share(found[False]), _share(found[True])


def vague_places(sources: Sequence[Source]) -> list[str]:
    """Where `any_share` finds them: module:line type."""
    vague = _vague_names(sources)
    found = [(s.name, one) for s in sources for _, one in _annotations(s) if _names(one) & vague[s.name]]
    return [f"{name}:{annotation.lineno} {ast.unparse(annotation)}" for name, annotation in found]


def _annotations(source: Source) -> Iterator[tuple[bool, ast.expr]]:
    """(whether it is a return's, type) of every function."""
    for function in source.functions():
        named = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        named += [more for more in (function.args.vararg, function.args.kwarg) if more]
        yield from ((False, one.annotation) for one in named if one.annotation)
        if function.returns:
            yield True, function.returns


def _vague_names(sources: Sequence[Source]) -> dict[str, set[str]]:
    """Module -> the names that mean `Any` there: itself, aliases that hold it, and such aliases of other modules."""
    vague = {source.name: {"Any"} for source in sources}
    before = 0
    while before < (before := sum(map(len, vague.values()))):
        for source in sources:
            names = vague[source.name]
            for node in ast.walk(source.tree):
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _is_type(node.value):
                    names |= {node.targets[0].id} - SAID if _names(node.value) & names else set()
                elif isinstance(node, ast.ImportFrom):
                    names |= {a.asname or a.name for a in node.names if a.name in vague.get(node.module or "", ())}
    return vague


def _is_type(value: ast.expr) -> bool:
    return not any(isinstance(node, ast.Call | ast.Dict | ast.Lambda) for node in ast.walk(value))


def _names(annotation: ast.expr) -> set[str]:
    """All names in a type; a part may be written as a text."""
    nodes = [node for node in ast.walk(annotation) if not isinstance(node, ast.Constant)]
    texts = [n.value for n in ast.walk(annotation) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return {getattr(node, "id", "") or getattr(node, "attr", "") for node in nodes}.union(
        *(re.findall(r"\w+", text) for text in texts)
    ) - {""}


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 0.0


if __name__ == "__main__":
    print(*vague_places(read_sources(Path())), sep="\n")
