"""How far long work is: a line in the log after five seconds, then every ten, with the time that is left.

Whoever loops over rows, batches or trainings says so here; work that is done sooner stays without a line. `stage.enter`
names the stage whose process this is.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TypeVar

log = logging.getLogger("pipeline")

Item = TypeVar("Item")

#: Seconds before the first line, and between later ones. Guesses: not measured.
QUIET, BETWEEN = 5.0, 10.0

_place = {"stage": "pipeline", "step": ""}
_told_by = [0]  # how many `running` are under way: they tell by themselves


def name_place(stage: str, step: str = "") -> None:
    """What every line from now on begins with: the stage, and its step."""
    _place.update(stage=stage, step=step)


class Progress:
    """Counts what is done of `total`; a total of 0 is not known, and no time left is told then."""

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total, self.done = what, total, 0
        self.started = time.monotonic()
        self._next = self.started + QUIET

    def add(self, count: int = 1) -> None:
        """So many more are done; tells it where it is time for a line."""
        self.done += count
        now = time.monotonic()
        if now < self._next or self.done >= self.total > 0:
            return
        self._next = now + BETWEEN
        told = self._told(now - self.started)
        log.info("%-9s %-22s %s", _place["stage"], _place["step"] or self.what, told, extra=_MORE_COMES)

    def _told(self, seconds: float) -> str:
        if not self.total:
            return f"{self.done:>9,} {self.what} so far  {self.done / seconds:,.0f} a second"
        left = round(seconds / max(self.done, 1) * (self.total - self.done))
        return f"{self.done:>9,} of {self.total:,} {self.what}  {left // 60}:{left % 60:02} left"


@contextmanager
def running(what: str, size: str) -> Iterator[None]:
    """Work that one call of a library does, which tells nothing: after five seconds, then every ten, how long it runs.

    How much is left nobody knows; `size` says how much it is, as `37,321 rows`.
    """
    done = threading.Event()
    started = time.monotonic()

    def tell() -> None:
        wait = QUIET
        while not done.wait(wait):
            wait = BETWEEN
            seconds = time.monotonic() - started
            log.info(
                "%-9s %-22s %s, for %.0f s so far",
                _place["stage"],
                _place["step"] or what,
                f"{what} on {size}",
                seconds,
            )

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    _told_by[0] += 1
    try:
        yield
    finally:
        _told_by[0] -= 1
        done.set()
        teller.join()


@contextmanager
def heartbeat() -> Iterator[None]:
    """Whatever runs: where no line has come for five seconds, then every ten, one says that the stage is at work."""
    done, silent = threading.Event(), _Silence()

    def tell() -> None:
        while not done.wait(_TICK):
            seconds = silent.seconds()
            if seconds is not None and not _told_by[0]:
                log.info(
                    "%-9s %-22s at work, for %.0f s so far", _place["stage"], _place["step"], seconds, extra=_HEARTBEAT
                )

    teller = threading.Thread(target=tell, daemon=True)
    log.addFilter(silent)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()
        log.removeFilter(silent)


_TICK = 1.0  # seconds between two looks
_HEARTBEAT = {"silence": BETWEEN}  # how long it may be silent behind a line
_MORE_COMES = {"silence": BETWEEN + QUIET}  # the next line of the same work comes first


class _Silence(logging.Filter):
    """Since when no line has come; sees every record that is logged, and lets it through."""

    def __init__(self) -> None:
        super().__init__()
        self.began = time.monotonic()
        self._next = self.began + QUIET

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        if record.__dict__.get("silence") != BETWEEN:
            self.began = now
        self._next = now + record.__dict__.get("silence", QUIET)
        return True

    def seconds(self) -> float | None:
        """How long it has been silent; None where it is too early to say so."""
        now = time.monotonic()
        return now - self.began if now >= self._next else None


def counted(parts: Iterable[Item], what: str, total: int) -> Iterator[Item]:
    """The parts as they come; each counts as many as it has rows or items, or one where it has none."""
    progress = Progress(what, total)
    for part in parts:
        yield part
        progress.add(len(part) if isinstance(part, Sized) else 1)
