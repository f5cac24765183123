"""Libraries' own progress bars, which fill logs with lines: ours tell what a person wants to know."""

from __future__ import annotations

import os

#: Read by tqdm, by the hub's client and by `datasets` when they are imported.
_OFF = ("TQDM_DISABLE", "HF_HUB_DISABLE_PROGRESS_BARS", "HF_DATASETS_DISABLE_PROGRESS_BARS")


def silence_bars() -> None:
    """No bars of libraries in this process and those it starts. An empty TQDM_DISABLE brings those of tqdm back."""
    for name in _OFF:
        os.environ.setdefault(name, "1")
