"""The figures of the house: how long, how tangled, how tested the code is, and what must not be.

    python tools/house.py    print the figures; exit 1 where a rule is broken

Rules (the others are figures to watch): no import circle, wherever in a file an import stands; no module loose at the
top of the package but `cli.py`; no file over 300 lines; no function over 60 lines without its docstring; 95 % of the
functions have a cyclomatic complexity of 8 or less, as radon counts it, and none more than 12; at most 2 % of the
parameters, and of the returns, are typed `Any` or hold it (`python tools/typed_any.py` prints the places).
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.code_files import PACKAGE, Function, Source, read_sources
from tools.typed_any import any_share

TESTS = "tests"
LOOSE = ("__init__.py", "cli.py")

# Chosen beside ten admired code bases (httpx, semhash, datatrove, crowd-kit, cleanlab, trl and others), whose longest
# files have 551 to 4,113 lines, longest functions 62 to 894, and complexity at the 95th percentile 7 to 24.
LONGEST_FILE = 300
LONGEST_FUNCTION = 60
COMPLEXITY_P95 = 8
COMPLEXITY = 12
#: Most of the parameters, and of the returns, that a type checker cannot look into: libraries without types, free JSON.
ANY_SHARE = 0.02

# ------------------------------------------------------------------ imports


def imports(sources: Sequence[Source]) -> dict[str, set[str]]:
    """Module -> modules of ours that it imports: at the top, inside functions, and for type checkers alike."""
    known = {source.name for source in sources}
    return {source.name: set(_imported(source.tree, known)) - {source.name} for source in sources}


def _imported(tree: ast.Module, known: set[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in known or node.module in known:
                    yield inner if inner in known else node.module


def circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import each other, directly or through others of the group, each sorted by name.

    Tarjan 1972, https://doi.org/10.1137/0201010, without recursion.

    >>> circles({"a": {"b"}, "b": {"c"}, "c": {"b"}})
    [['b', 'c']]
    """
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def enter(name: str) -> tuple[str, Iterator[str]]:
        number[name] = low[name] = len(number)
        stack.append(name)
        return name, iter(sorted(edges.get(name, ())))

    for start in sorted(edges):
        path = [] if start in number else [enter(start)]
        while path:
            name, others = path[-1]
            other = next(others, None)
            if other is None:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[name])
                if low[name] == number[name]:
                    group, stack[stack.index(name) :] = stack[stack.index(name) :], []
                    found += [sorted(group)] if len(group) > 1 else []
            elif other not in number:
                path.append(enter(other))
            elif other in stack:
                low[name] = min(low[name], number[other])
    return sorted(found)


def loose(sources: Sequence[Source], package: str = PACKAGE) -> list[str]:
    """Modules at the top of the package that belong in a room."""
    return [s.path.name for s in sources if s.path.parent.name == package and s.path.name not in LOOSE]


# ------------------------------------------------------------------ sizes


def function_lines(function: Function) -> int:
    """Lines of a function from `def` to its end, without the docstring."""
    first = function.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and ast.get_docstring(function)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if is_docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def code_and_comments(text: str) -> tuple[int, int]:
    """Lines that hold code (docstrings and other bare strings are none), and lines that hold a comment."""
    bare = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    code: set[int] = set()
    comments: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            comments.add(token.start[0])
        elif token.type in (tokenize.NAME, tokenize.OP, tokenize.NUMBER, tokenize.STRING):
            code.update(range(token.start[0], token.end[0] + 1))
    return len(code - bare), len(comments)


def complexities(sources: Sequence[Source]) -> list[tuple[int, str]]:
    """Cyclomatic complexity of every function and method, with its place, the simplest first."""
    from radon.visitors import ComplexityVisitor

    found = []
    for source in sources:
        visitor = ComplexityVisitor.from_ast(source.tree)
        blocks = [*visitor.functions, *(method for kind in visitor.classes for method in kind.methods)]
        found += [(block.complexity, f"{source.path}:{block.lineno} {block.name}") for block in blocks]
    return sorted(found)


def percentile(values: Sequence[int], share: float) -> int:
    """The value that `share` of the others do not exceed; 0 where there are none."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] if values else 0


# ------------------------------------------------------------------ tests


def without_test(sources: Sequence[Source], tests: Path) -> list[str]:
    """Modules that have no test module of the same name in their room's folder of tests.

    `pipeline/clean/steps/pii.py` is met by `test_pii.py` anywhere below `tests/clean/`. Entry points and packages
    that hold a registry alone have no name of their own to be met.
    """
    named = {(path.relative_to(tests).parts[0], path.name) for path in tests.rglob("test_*.py")}
    return [s.name for s in named_modules(sources) if (_room(s.name), f"test_{s.path.stem}.py") not in named]


def named_modules(sources: Sequence[Source]) -> list[Source]:
    """Those that a test module can be named after."""
    return [s for s in sources if s.text.strip() and s.path.stem not in ("__init__", "__main__")]


def _room(name: str) -> str:
    parts = name.split(".")
    return parts[1] if len(parts) > 2 else f"test_{parts[-1]}.py"


# ------------------------------------------------------------------ the report


def figures(root: Path) -> dict[str, str]:
    """What the section 'figures' prints: name -> value, in reading order."""
    sources = read_sources(root)
    files = [source.lines for source in sources if source.text.strip()]
    functions = [function_lines(function) for source in sources for function in source.functions()]
    counted = [code_and_comments(source.text) for source in sources]
    code, comments = (sum(counts[n] for counts in counted) for n in range(2))
    tested = sum(code_and_comments(path.read_text("utf-8"))[0] for path in (root / TESTS).rglob("*.py"))
    modules = named_modules(sources)
    missing = without_test(sources, root / TESTS)
    parameters, returns = any_share(sources)
    complexity = [value for value, _ in complexities(sources)]
    return {
        "code lines": f"{code:,}",
        "file, lines: median / longest": f"{percentile(files, 0.5)} / {max(files)}",
        "function, lines: median / p90 / longest": " / ".join(
            map(str, (percentile(functions, 0.5), percentile(functions, 0.9), max(functions)))
        ),
        "complexity: p95 / highest": f"{percentile(complexity, 0.95)} / {max(complexity)}",
        "comments per 100 lines of code": f"{100 * comments / code:.0f}",
        "typed Any: parameters / returns": f"{parameters:.1%} / {returns:.1%}",
        "test code / code": f"{tested / code:.2f}",
        "modules with a test of the same name": f"{1 - len(missing) / len(modules):.0%}",
        "import circles": str(len(circles(imports(sources)))),
    }


def broken(root: Path) -> list[str]:
    """One sentence for every rule that is broken."""
    sources = read_sources(root)
    found = [f"import circle: {' <-> '.join(circle)}" for circle in circles(imports(sources))]
    found += [f"{PACKAGE}/{name} stands loose: put it in a room" for name in loose(sources)]
    found += [f"{s.path}: {s.lines} lines, over {LONGEST_FILE}" for s in sources if s.lines > LONGEST_FILE]
    for source in sources:
        for function in source.functions():
            lines = function_lines(function)
            if lines > LONGEST_FUNCTION:
                place = f"{source.path}:{function.lineno} {function.name}"
                found.append(f"{place}: {lines} lines, over {LONGEST_FUNCTION}")
    return found + _too_tangled(complexities(sources)) + _too_vague(sources)


def _too_vague(sources: Sequence[Source]) -> list[str]:
    shares = zip(("parameters", "returns"), any_share(sources), strict=True)
    return [
        f"{share:.1%} of the {what} typed Any, over {ANY_SHARE:.0%}: python tools/typed_any.py prints the places"
        for what, share in shares
        if share > ANY_SHARE
    ]


def _too_tangled(complexity: Sequence[tuple[int, str]]) -> list[str]:
    found = [f"{place}: complexity {value}, over {COMPLEXITY}" for value, place in complexity if value > COMPLEXITY]
    values = [value for value, _ in complexity]
    if percentile(values, 0.95) > COMPLEXITY_P95:
        over = sum(value > COMPLEXITY_P95 for value in values)
        place = complexity[-1][1]
        found.append(f"complexity over {COMPLEXITY_P95} in {over} of {len(values)} functions, most in {place}")
    return found


def main(root: Path = Path()) -> int:
    """Print figures and broken rules. Returns the exit code."""
    table = figures(root)
    width = max(map(len, table))
    for name, value in table.items():
        print(f"{name:<{width}}  {value}")
    found = broken(root)
    for sentence in found:
        print(f"broken: {sentence}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
