"""Write the page in which `dvc plots show` draws without a network: `.dvc/plots/offline.html`.

    npm install vega@5.33.1 vega-lite@5.23.0 vega-embed@6.29.0
    python tools/offline_plots.py node_modules

The libraries (BSD-3-Clause, University of Washington Interactive Data Lab) are put into the page as they come.
`.dvc/config` names the page (plots.html_template). DVC's own page loads them from a content delivery network.
"""

from __future__ import annotations

import sys
from pathlib import Path

LIBRARIES = ("vega", "vega-lite", "vega-embed")
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{refresh_tag}
<title>Plots</title>
<!-- vega 5.33.1, vega-lite 5.23.0, vega-embed 6.29.0: BSD-3-Clause,
     Copyright 2015-2025 University of Washington Interactive Data Lab. All rights reserved. -->
%s
<style>body { font-family: sans-serif; margin: 2em } body > div { margin: 0 0 3em }</style>
</head>
<body>
{plot_divs}
</body>
</html>
"""


def main(modules: Path) -> None:
    """Read the three minified libraries below `modules`, write the page."""
    sources = [(modules / name / "build" / f"{name}.min.js").read_text("utf-8") for name in LIBRARIES]
    scripts = "\n".join(
        f"<script>{source.replace('</script', '<' + chr(92) + '/script')}</script>" for source in sources
    )
    page = Path(".dvc/plots/offline.html")
    page.write_text(PAGE % scripts, "utf-8")
    print(f"{page}: {page.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
