"""Known vulnerabilities of what requirements.lock pins: pip-audit, with an honest end where it could look up nothing.

    python tools/audit.py [--vulnerability-service osv] [...]    make audit; words go to pip-audit

pip-audit asks a public advisory database over the network. Behind a mirror that carries no advisories it skips every
package and still says that none is vulnerable. Exit codes: 0 all were looked up and none is known to be vulnerable;
1 some are; 2 nothing, or not everything, could be looked up.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
_REMEDY = (
    "Run it where the database can be reached, or ask another: python tools/audit.py --vulnerability-service osv.\n"
    "  The lock file stays pinned by hash meanwhile."
)


class Advisory(TypedDict):
    """A known vulnerability, and the versions that are rid of it."""

    id: str
    fix_versions: list[str]


class Package(TypedDict, total=False):
    """What pip-audit says of one package; `skip_reason` where it could not look it up."""

    name: str
    version: str
    skip_reason: str
    vulns: list[Advisory]


def verdict(found: Sequence[Package]) -> tuple[int, str]:
    """Exit code and words."""
    skipped = [one for one in found if "skip_reason" in one]
    bad = [one for one in found if one.get("vulns")]
    lines = [
        f"{one['name']} {one['version']}: {vuln['id']}, fixed in {', '.join(vuln['fix_versions']) or 'no version yet'}"
        for one in bad
        for vuln in one["vulns"]
    ]
    lines.append(f"audit: {len(found) - len(skipped)} of {len(found)} packages looked up, {len(bad)} vulnerable")
    if skipped:
        some = ", ".join(one["name"] for one in skipped[:3])
        lines.append(f"error: {len(skipped)} were not looked up ({some} ...): {skipped[0]['skip_reason']}\n  {_REMEDY}")
    return (1 if bad else 2 if skipped or not found else 0), "\n".join(lines)


def main(words: Sequence[str]) -> int:
    """Run pip-audit and say what it found."""
    options = ["--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), *options, *words]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    try:
        code, told = verdict(json.loads(done.stdout)["dependencies"])
    except (ValueError, KeyError):
        why = (done.stderr.strip() or "pip-audit said nothing").splitlines()[-1]
        code, told = 2, f"error: the advisory database could not be asked: {why[:300]}\n  {_REMEDY}"
    sys.stdout.write(told + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
