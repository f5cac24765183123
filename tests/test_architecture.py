"""The shape of the code: who may import whom, and dvc.yaml tells the truth about it."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.conftest import ROOT, load_tool

STAGES = ("collect", "clean", "label", "augment", "validate", "train", "evaluate", "value", "report")
SOURCES = sorted((ROOT / "pipeline").rglob("*.py"))

check_deps = load_tool("check_deps")
house = load_tool("house")
IMPORTS = house.imports(house.read_sources(ROOT))


def imports(path: Path, top_level_only: bool = False) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    nodes = tree.body if top_level_only else list(ast.walk(tree))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


def test_dvc_lists_exactly_the_code_that_each_stage_imports(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["check_deps.py"])
    assert check_deps.main() == 0, capsys.readouterr().out


def test_dependency_check_notices_a_missing_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    package = tmp_path / "pipeline" / "clean"
    package.mkdir(parents=True)
    (tmp_path / "pipeline" / "core").mkdir()
    (tmp_path / "pipeline" / "core" / "record.py").write_text("x = 1\n")
    (package / "__main__.py").write_text("def work():\n    from pipeline.core.record import x\n    return x\n")
    (tmp_path / "dvc.yaml").write_text(
        "stages:\n  clean:\n    cmd: python -m pipeline.clean a b\n    deps: [a, pipeline/clean/__main__.py]\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["check_deps.py"])
    assert check_deps.main() == 1
    assert "pipeline/core" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["check_deps.py", "--fix"])
    assert check_deps.main() == 0
    monkeypatch.setattr(sys, "argv", ["check_deps.py"])
    assert check_deps.main() == 0


OF_STAGES = [path for path in SOURCES if path.relative_to(ROOT / "pipeline").parts[0] in STAGES]


@pytest.mark.parametrize("path", OF_STAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_stages_never_import_each_other(path: Path) -> None:
    stage = path.relative_to(ROOT / "pipeline").parts[0]
    others = {f"pipeline.{name}" for name in STAGES if name != stage}
    assert not {name for name in imports(path) if ".".join(name.split(".")[:2]) in others}


def test_no_import_goes_round_in_a_circle() -> None:
    assert house.circles(IMPORTS) == []


def test_nothing_imports_an_entry_point() -> None:
    entries = {name for name in IMPORTS if name.endswith(".__main__")}
    assert {name: found & entries for name, found in IMPORTS.items() if found & entries} == {}


@pytest.mark.parametrize(("room", "other"), [("serve", "studio"), ("studio", "serve")])
def test_serving_and_labelling_do_not_import_each_other(room: str, other: str) -> None:
    inside = {name: found for name, found in IMPORTS.items() if name.startswith(f"pipeline.{room}.")}
    assert inside
    assert not {name for name, found in inside.items() if any(one.startswith(f"pipeline.{other}.") for one in found)}


def floors() -> dict[str, int]:
    """Room -> its floor, from the table in docs/architecture.md."""
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d) \| ([^|]+) \|", text, flags=re.MULTILINE)
    return {room: int(floor) for floor, rooms in rows for room in re.findall(r"`(\w+)`", rooms)}


def test_every_room_has_a_floor_in_the_architecture_page() -> None:
    assert set(floors()) == {path.parent.name for path in (ROOT / "pipeline").glob("*/__init__.py")}


@pytest.mark.parametrize("room", sorted(floors()))
def test_a_room_imports_lower_floors_only(room: str) -> None:
    floor, top = floors(), max(floors().values())
    others = {
        (name, other)
        for name, found in IMPORTS.items()
        for other in found
        if name.startswith(f"pipeline.{room}.") and other.count(".") and other.split(".")[1] not in (room, "cli")
    }
    above = {(name, other) for name, other in others if floor[other.split(".")[1]] >= floor[room]}
    assert not above or floor[room] == top, above


def test_files_that_the_architecture_page_names_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z_]+/[a-z_/.]+)`", text))
    assert len(named) > 20
    assert [name for name in named if not any((ROOT / at / name).exists() for at in ("pipeline", ".", "data"))] == []


def test_no_module_stands_loose_at_the_top() -> None:
    assert house.loose(house.read_sources(ROOT)) == []


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("torch", ("modeling/",)),
        ("transformers", ("modeling/", "validate/")),
        ("great_expectations", ("validate/",)),
        ("nlpaug", ("augment/",)),
        ("label_studio_sdk", ("studio/",)),
        ("dvc", ()),
    ],
)
def test_library_is_imported_only_where_it_belongs(library: str, allowed: tuple[str, ...]) -> None:
    users = [
        path.relative_to(ROOT / "pipeline").as_posix()
        for path in SOURCES
        if any(name.split(".")[0] == library for name in imports(path))
    ]
    assert [user for user in users if not user.startswith(allowed or ("nowhere",))] == []


def loaded_at_start(module: str) -> set[str]:
    """Everything that importing `module` imports at once, ours and others', by dotted name."""
    seen: set[str] = set()
    todo = [module]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            path = check_deps.module_file(name)
            todo += imports(path, top_level_only=True) if path else []
    return {name.split(".")[0] for name in seen}


@pytest.mark.parametrize("module", ["pipeline.cli", *(f"pipeline.{stage}.__main__" for stage in STAGES)])
def test_slow_libraries_are_not_loaded_before_they_are_needed(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    slow = {"torch", "transformers", "great_expectations", "nlpaug", "pandas", "sklearn", "scipy", "datasets"}
    assert loaded_at_start(module) & slow == set()


def test_record_and_task_types_import_no_third_party_package() -> None:
    for path in [ROOT / "pipeline" / "core" / "record.py", *(ROOT / "pipeline" / "tasks").glob("*.py")]:
        foreign = {n for n in imports(path) if n.split(".")[0] not in {*sys.stdlib_module_names, "pipeline"}}
        assert not foreign, f"{path.name} imports {foreign}"


def test_stages_run_in_the_promised_order() -> None:
    stages = list(YAML(typ="safe").load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"])
    order = [stages.index(name) for name in ("collect", "clean", "label", "augment", "validate", "train", "evaluate")]
    assert order == sorted(order)


@pytest.mark.parametrize(
    "file",
    [
        "params.yaml",
        *(
            f"pipeline/commands/templates/{p.name}"
            for p in (ROOT / "pipeline" / "commands" / "templates").glob("*.yaml")
        ),
    ],
)
def test_every_section_of_a_shipped_params_file_is_tracked_by_a_stage(file: str) -> None:
    sections = set(YAML(typ="safe").load((ROOT / file).read_text("utf-8")))
    stages = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
    tracked = {name for stage in stages.values() for name in stage["params"]}
    assert sections == tracked
