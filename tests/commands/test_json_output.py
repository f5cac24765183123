"""Every command is walked: its help, its examples, what it prints for programs."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
from importlib import import_module
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.commands import init, release, repair
from pipeline.commands.json_output import add_json, write_as_json

#: Commands with nothing to tell programs: `predict` prints JSON lines as it is, the others run or print code.
WITHOUT = ("predict", "serve", "run", "completion")


def parser_of(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=name)
    import_module(cli.COMMANDS[name].module).add_arguments(parser)
    return parser


def parts_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    return {
        name: one
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for name, one in action.choices.items()
    }


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_has_json_its_own_examples_and_a_help_for_each_option(name):
    parser = parser_of(name)
    parts = [one for action, one in parts_of(parser).items() if action != "backend"] or [parser]
    has_json = "--json" in parser._option_string_actions or all("--json" in one._option_string_actions for one in parts)
    assert has_json is (name not in WITHOUT)
    assert cli.EXAMPLES[name]
    for one in [parser, *parts]:
        for action in one._actions:
            assert action.help or action.dest in ("action", "dataset"), (name, action.dest)


def printed(module, *words: str) -> dict:
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        module.run(parser.parse_args([*words]))
    return json.loads(out.getvalue())


def test_init_lists_projects_and_what_it_wrote(tmp_path: Path):
    assert "classification" in printed(init, "--list", "--json")["projects"]
    into = tmp_path / "mine"
    made = printed(init, "classification", "--into", str(into), "--json")
    assert made["folder"] == str(into)
    assert any("params.yaml" in one for one in made["wrote"])
    assert made["next"] == [f"cd {into} && dvc repro"]
    assert printed(init, "classification", "--into", str(into), "--json") == {
        "folder": str(into),
        "wrote": [],
        "next": [],
    }


def test_release_prints_the_line_of_the_history(tmp_path: Path):
    place = tmp_path / "data/validate"
    place.mkdir(parents=True)
    (place / "profile.json").write_text(json.dumps({"splits": {"train": 3}}), "utf-8")
    (place / "index.parquet").write_bytes(b"rows")
    told = printed(release, "--data", str(tmp_path / "data"), "--name", "版本一", "--json")
    assert told["name"] == "版本一"
    assert told["folder"] == str(tmp_path / "data/released")


def test_repair_says_what_became_of_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert printed(repair, "--json") == {"dvc.lock": "absent", "set_aside_as": None}
    Path("dvc.lock").write_text("schema: '2.0'\nstages:\n  clean:\n", "utf-8")
    assert printed(repair, "--json") == {"dvc.lock": "set_aside", "set_aside_as": "dvc.lock.damaged"}
    Path("dvc.lock").write_text("schema: '2.0'\nstages: {}\n", "utf-8")
    assert printed(repair, "--json")["dvc.lock"] == "sound"


def test_keys_are_in_order_and_other_alphabets_stay(capsys: pytest.CaptureFixture[str]):
    parser = argparse.ArgumentParser()
    add_json(parser, "what was done")
    assert parser.parse_args(["--json"]).json
    write_as_json({"b": "标签", "a": 1})
    assert capsys.readouterr().out == '{\n  "a": 1,\n  "b": "标签"\n}\n'
