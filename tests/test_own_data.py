"""The README's 'own data in five minutes', typed as it stands there, in both languages of the README."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.conftest import ROOT
from tests.project import STAGES, Project, cache_with

pytestmark = pytest.mark.slow

#: README -> label -> what its mails are made of: (beginnings, ends).
MAILS = {
    "README.md": {
        "billing": (
            ["I was charged", "The invoice shows", "My card paid"],
            ["twice for order {}", "a wrong sum on {}"],
        ),
        "delivery": (["The parcel", "My package", "The courier"], ["has not arrived since day {}", "went to house {}"]),
        "other": (
            ["Can you tell me", "I would like to know", "Please say"],
            ["your hours on day {}", "if shop {} opens"],
        ),
    },
    "README.zh.md": {
        "账单": (["我被扣了", "发票上写着", "信用卡付了"], ["两次，订单{}", "错误的金额，编号{}"]),
        "物流": (["包裹", "我的快递", "送货员"], ["{}天了还没有到", "送到了{}号楼"]),
        "其他": (["请问", "我想知道", "麻烦告诉我"], ["{}号几点开门", "第{}家店在哪里"]),
    },
}
QUESTION = {"README.md": "The invoice is wrong", "README.zh.md": "快递还没有到"}


def block(readme: str) -> dict[str, Any]:
    """The settings that the README tells to put in place of the shipped ones."""
    yaml = re.search(r"```yaml\n(.*?)```", (ROOT / readme).read_text("utf-8"), re.S)
    assert yaml
    return YAML(typ="safe").load(yaml[1])


def write_mails(path: Path, mails: dict[str, tuple[list[str], list[str]]]) -> int:
    """A mails.csv as the README describes it, with one label that is not declared; its rows."""
    rows = [
        (f"{start} {end.format(number)}", label)
        for label, (starts, ends) in mails.items()
        for start in starts
        for end in ends
        for number in range(3, 10)
    ]
    rows.append((rows[0][0] + "!", "complaint"))
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("body", "topic"), *rows])
    return len(rows)


@pytest.mark.parametrize("readme", sorted(MAILS))
def test_own_data_in_five_minutes(readme: str, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "project").mkdir()
    project = Project(tmp_path / "project", cache_with("packages", "models", folder=tmp_path / "cache"))
    project.run("sft", "init", "classification")
    rows = write_mails(project.folder / "data/raw/mails.csv", MAILS[readme])

    def put(params: dict[str, Any]) -> None:
        for section, settings in block(readme).items():
            params[section].update(settings)

    project.edit(put)
    if readme == "README.md":
        assert project.repro() == list(STAGES)
        assert "complaint" in project.data("data/report/quality.html").decode()
    else:  # the last stages do the same in any language: save their minute
        assert project.repro("train") == list(STAGES[:6])
    assert project.json("data/collect/report.json")["in"] == rows
    assert project.run("sft", "predict", "--text", QUESTION[readme]).strip()
