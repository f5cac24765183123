"""tools/house.py measures what it says, and a broken rule is named with its place."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT, load_tool

house = load_tool("house")


def write(root: Path, files: dict[str, str]) -> Path:
    """A package `pipeline` below `root`: `{"clean/run": text}` writes pipeline/clean/run.py."""
    for name, text in files.items():
        path = root / "pipeline" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def function(text: str) -> ast.FunctionDef:
    found = ast.parse(text).body[0]
    assert isinstance(found, ast.FunctionDef)
    return found


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ({}, []),
        ({"a": set()}, []),
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"a"}}, [["a", "b"]]),
        ({"a": {"b"}, "b": {"c"}, "c": {"b"}}, [["b", "c"]]),
        ({"a": {"b"}, "b": {"c"}, "c": {"a"}, "x": {"y", "a"}, "y": {"x"}}, [["a", "b", "c"], ["x", "y"]]),
        ({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": set()}, []),
        ({"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": {"b"}}, [["a", "b", "c", "d"]]),
    ],
)
def test_circles_of_all_lengths_are_found_and_diamonds_are_none(
    edges: dict[str, set[str]], expected: list[list[str]]
) -> None:
    assert house.circles(edges) == expected


@pytest.mark.parametrize(
    "back",
    [
        "from pipeline.clean.run import x",
        "from pipeline.clean import run",
        "import pipeline.clean.run",
        "def late():\n    from pipeline.clean.run import x",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pipeline.clean.run import x",
    ],
)
def test_a_circle_is_found_wherever_the_import_stands(tmp_path: Path, back: str) -> None:
    root = write(tmp_path, {"clean/run": "from pipeline.core.record import y", "core/record": back})
    assert house.circles(house.imports(house.read_sources(root))) == [["pipeline.clean.run", "pipeline.core.record"]]


def test_a_folder_that_imports_its_own_module_is_no_circle(tmp_path: Path) -> None:
    root = write(tmp_path, {"clean/__init__": "from pipeline.clean import run", "clean/run": "import json"})
    assert house.circles(house.imports(house.read_sources(root))) == []


def test_loose_modules_are_named(tmp_path: Path) -> None:
    root = write(tmp_path, {"cli": "", "helpers": "x = 1", "clean/run": ""})
    assert house.loose(house.read_sources(root)) == ["helpers.py"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("def f():\n    return 1", 2),
        ('def f():\n    """One line."""\n    return 1', 2),
        ('def f():\n    """One line.\n\n    And more.\n    """\n    x = 1\n\n    return x', 4),
        ("@cache\ndef f(\n    x,\n):\n    return 1", 4),
    ],
)
def test_docstrings_and_decorators_are_not_counted_as_lines_of_a_function(text: str, lines: int) -> None:
    assert house.function_lines(function(text)) == lines


@pytest.mark.parametrize(
    ("text", "code", "comments"),
    [
        ("", 0, 0),
        ('"""Only a docstring,\n\nof three lines."""\n', 0, 0),
        ("x = 1  # why\n\n# a line of its own\ny = 2\n", 2, 2),
        ('x = """a text\n# and no comment"""\n', 2, 0),
        ("名字 = '# 不是注释'  # 注释\n", 1, 1),
    ],
)
def test_code_and_comments_are_told_apart(text: str, code: int, comments: int) -> None:
    assert house.code_and_comments(text) == (code, comments)


def test_a_module_is_met_by_a_test_of_its_name_in_its_room(tmp_path: Path) -> None:
    root = write(
        tmp_path, dict.fromkeys(("clean/steps/pii", "core/cache", "clean/__main__"), "x = 1") | {"clean/empty": ""}
    )
    for place in ("clean/test_pii.py", "clean/test_cache.py"):
        path = root / "tests" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    assert house.without_test(house.read_sources(root), root / "tests") == ["pipeline.core.cache"]


@pytest.mark.parametrize(("values", "share", "expected"), [([], 0.5, 0), ([7], 0.95, 7), ([1, 2, 3, 4], 0.5, 3)])
def test_percentile(values: list[int], share: float, expected: int) -> None:
    assert house.percentile(values, share) == expected


TANGLED = "def f(a):\n" + "".join(f"    if a == {n}:\n        return {n}\n" for n in range(9))


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("core/long", "x = 1\n" * 301, "301 lines, over 300"),
        ("core/function", "def f():\n" + "    x = 1\n" * 60, "f: 61 lines, over 60"),
        ("core/tangled", TANGLED, "complexity over 8 in 1 of 2 functions"),
        (
            "core/vague",
            "from typing import Any\n\ndef f(a: Any) -> int:\n    return 1\n",
            "100.0% of the parameters typed Any",
        ),
        ("core/vague", "from typing import Any\n\ndef f() -> Any:\n    return 1\n", "50.0% of the returns typed Any"),
        ("loose", "x = 1\n", "pipeline/loose.py stands loose"),
        ("core/one", "from pipeline.core.two import x\n", "import circle: pipeline.core.one <-> pipeline.core.two"),
    ],
)
def test_each_rule_can_be_broken(tmp_path: Path, name: str, text: str, told: str) -> None:
    root = write(
        tmp_path, {"core/two": "from pipeline.core.one import y\n", "core/fine": "def f() -> int:\n    return 1\n"}
    )
    found = house.broken(write(root, {name: text}))
    assert any(told in sentence for sentence in found), found


def test_a_tidy_package_breaks_no_rule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tests" / "core").mkdir(parents=True)
    root = write(
        tmp_path, {"cli": "", "core/fine": '"""A module."""\n\n\ndef f() -> int:\n    return 1  # for a reason\n'}
    )
    assert house.main(root) == 0
    printed = capsys.readouterr().out
    assert "import circles                        " in printed
    assert "broken" not in printed


def test_the_rules_hold_here() -> None:
    assert house.broken(ROOT) == []


def test_one_very_tangled_function_is_named_among_many_simple_ones(tmp_path: Path) -> None:
    simple = "".join(f"def f{n}():\n    return {n}\n" for n in range(40))
    tangled = "def g(x):\n" + "".join(f"    if x == {n}:\n        return {n}\n" for n in range(12))
    root = write(tmp_path, {"core/many": simple + tangled})
    assert [sentence.split(" ", 1)[1] for sentence in house.broken(root)] == ["g: complexity 13, over 12"]
