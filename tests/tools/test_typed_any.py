"""tools/typed_any.py finds what is typed `Any`, also behind aliases."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import load_tool
from tests.tools.test_house import write

typed_any = load_tool("typed_any")


def test_any_is_counted_alone_and_inside(tmp_path: Path) -> None:
    text = "class A:\n    def f(self, a: Any, b: 'dict[str, Any]', *, c: int) -> Any: ...\ndef g() -> int: ...\n"
    sources = typed_any.read_sources(write(tmp_path, {"core/a": text}))
    assert typed_any.any_share(sources) == (2 / 3, 1 / 2)
    assert len(typed_any.vague_places(sources)) == 3
    assert typed_any.any_share([]) == (0.0, 0.0)


def test_any_is_counted_behind_an_alias_of_another_module(tmp_path: Path) -> None:
    files = {
        "core/a": "Row = Mapping[str, Any]\nRows = list[Row]\nTarget = Any\nFields = Mapping[str, Target]\n",
        "core/b": "from pipeline.core.a import Rows, Fields\ndef f(a: Rows, b: Fields, c: Row) -> list[Rows]: ...\n",
    }
    assert typed_any.any_share(typed_any.read_sources(write(tmp_path, files))) == (1 / 3, 1.0)
