"""What pyproject.toml cannot say: a wheel carries what projects start from (pipeline/commands/packaged_files.py)."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CARRIED = (
    "dvc.yaml",
    ".dvc/config",
    ".dvc/plots",
    "data/samples",
    "data/annotations/README.md",
    "data/annotations/decisions/README.md",
    "data/released/README.md",
)


class BuildWithProject(build_py):
    """Beside the modules, `pipeline/_project/` with what stands in the repository's root."""

    def run(self) -> None:
        """Copy modules, then those files; an editable install has both as they are."""
        super().run()
        if self.editable_mode:
            return
        root, target = Path(__file__).parent, Path(self.build_lib) / "pipeline/_project"
        shutil.rmtree(target, ignore_errors=True)
        for name in CARRIED:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            if (root / name).is_dir():
                shutil.copytree(root / name, target / name)
            else:
                shutil.copyfile(root / name, target / name)


setup(cmdclass={"build_py": BuildWithProject})
