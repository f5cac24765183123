"""The YAML of each tutorial, put into the project that it names, is read by `collect` as it stands in docs/."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.collect.run import run
from pipeline.commands.init import start
from pipeline.core.errors import PipelineError
from pipeline.runtime.store import read_json
from tests.conftest import ROOT

MAILS = "id,body,topic\nM-1,I was charged twice,billing\nM-2,The parcel is late,delivery\nM-3,包裹还没有到,物流\n"
TALK = {"messages": [{"role": "user", "content": "花多久浇一次水？"}, {"role": "assistant", "content": "每周一次。"}]}
#: Tutorial -> the project it starts, the file it speaks of, what that holds, the records that come of it.
TUTORIALS = {
    "tutorial.md": ("classification", "mails.csv", MAILS, 2),  # one row has a label that is not declared
    "tutorial.zh.md": ("classification", "mails.csv", MAILS, 1),
    "tutorial_cold_start.md": ("classification", "mails.csv", MAILS, 3),
    "tutorial_conversations.md": ("chat_sample", "talks.jsonl", json.dumps(TALK, ensure_ascii=False) + "\n", 1),
    "tutorial_documents.md": ("documents", "handbook/pets/cats.md", "# Cats\n\nA cat sleeps for 15 hours a day.\n", 0),
}


def settings_in(tutorial: str) -> dict[str, Any]:
    """The sections of params.yaml that a tutorial shows."""
    text = (ROOT / "docs" / tutorial).read_text("utf-8")
    found: dict[str, Any] = {}
    for block in re.findall(r"^```yaml[^\n]*\n(.*?)^```$", text, re.S | re.M):
        found |= YAML(typ="safe").load(block)
    return found


@pytest.mark.parametrize("tutorial", TUTORIALS)
def test_the_settings_of_a_tutorial_are_read(tutorial: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    project, name, content, records = TUTORIALS[tutorial]
    start(project, tmp_path, with_git=True)
    params = YAML().load((tmp_path / "params.yaml").read_text("utf-8"))
    params |= settings_in(tutorial)
    for source in params["collect"]["sources"].values():
        if "generate" in source:
            source["generate"]["dry_run"] = True  # no service is asked
    with (tmp_path / "params.yaml").open("w", encoding="utf-8") as stream:
        YAML().dump(params, stream)
    (tmp_path / "data/raw" / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "data/raw" / name).write_text(content, "utf-8")
    monkeypatch.chdir(tmp_path)
    if project == "documents":
        with pytest.raises(PipelineError, match=r"nothing was asked.*2 requests"):  # its settings and its page are read
            run(Path("data/raw"), Path("data/collect"))
        return
    run(Path("data/raw"), Path("data/collect"))
    report = read_json(tmp_path / "data/collect/report.json")
    assert report["kept"] == records
    assert report["in"] + report["added"] == report["kept"] + report["dropped"]
