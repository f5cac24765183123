"""What an export is read with."""

from __future__ import annotations

from ruamel.yaml import YAML

SUITE = [{"expect": "conserved_counts"}]


def metadata(folder):
    return YAML(typ="safe").load((folder / "README.md").read_text("utf-8").split("---\n")[1])
