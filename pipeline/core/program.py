"""What this program is: a digest of its files and of the packages beside it. Results kept between runs hang on it."""

from __future__ import annotations

import hashlib
import sysconfig
from functools import cache
from pathlib import Path


@cache
def program_digest() -> bytes:
    """A digest (16 bytes) of this program's files and of the names and versions of installed packages."""
    root = Path(__file__).parents[1]
    found = hashlib.blake2b(digest_size=16)
    for file in sorted(root.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            found.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    packages = sorted(path.name for path in Path(sysconfig.get_path("purelib")).glob("*.dist-info"))
    found.update("\n".join(packages).encode())
    return found.digest()
