"""Reports of the projects that `sft init` starts from, for the docs site: each is run on its sample, and its page kept.

    python tools/gallery.py [NAME...]     # no name: every project that reads nothing but its sample

Writes `gallery/NAME.html`, the page that `dvc repro` writes as data/report/quality.html, and nothing else; `make docs`
puts the pages beside the site's own and links them from 'Projects to start from'. Minutes a project.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
FOLDER = ROOT / "gallery"
#: What a run writes for people.
PAGE = "data/report/quality.html"


def main() -> None:
    """Run the projects named and say where their pages lie."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="projects of `sft init`")
    for name in parser.parse_args().names or runnable():
        print(f"{name}: {page_of(name, FOLDER)}", flush=True)


def runnable() -> list[str]:
    """Projects whose sources are their sample alone, and that ask no service of language models."""
    from pipeline.commands.init import projects, sample_files
    from pipeline.core.settings import read_params

    def sources(name: str) -> int:
        sections: Any = read_params(ROOT / f"pipeline/commands/templates/{name}.yaml")
        return len(sections["collect"]["sources"])

    able = (name for name in projects() if name not in ("documents", "prompts"))
    return [name for name in able if sources(name) == len(sample_files(name))]


def page_of(name: str, folder: Path) -> Path:
    """Start the project in a temporary folder, build it whole and keep its page in `folder`.

    Raises `subprocess.CalledProcessError` where a stage fails: a gallery shows what a user would see.
    """
    with tempfile.TemporaryDirectory() as temporary:
        project = Path(temporary) / name
        for command in (
            ["-m", "pipeline.cli", "init", name, "--into", str(project)],
            ["-m", "dvc", "repro", "--quiet"],
        ):
            at = ROOT if "init" in command else project
            subprocess.run([sys.executable, *command], cwd=at, check=True, stdout=subprocess.DEVNULL)
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(project / PAGE, folder / f"{name}.html"))


if __name__ == "__main__":
    main()
