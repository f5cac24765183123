"""What a client may take from the server: connections, time, room in the log; and under which names it is asked."""

from __future__ import annotations

import logging
import resource
import time

from pipeline.runtime.ports import is_loopback

#: Seconds for a whole request, head and body, and connections at a time where the system allows the files.
#: Guesses: not measured.
REQUEST_SECONDS, MOST_CONNECTIONS = 30.0, 512
#: Lines a minute that a log may get from what clients do. A guess: not measured.
LINES_A_MINUTE = 20
#: Bytes of a body that need no room, and of all others' bodies at a time. Guesses: not measured.
SMALL_BODY, MOST_BODIES = 65_536, 64_000_000


def connections() -> int:
    """How many connections may be open: a quarter of the files that this process may open, at most 512.

    Several times as many may be taken before the first of them is closed.
    """
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(8, min(MOST_CONNECTIONS, files // 4)) if files > 0 else MOST_CONNECTIONS


class FewLines(logging.Filter):
    """Lets `most` lines a minute through, so that no client can fill a disk with complaints."""

    def __init__(self, most: int = LINES_A_MINUTE) -> None:
        super().__init__()
        self.most = most
        self._minute, self._count = -1, 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is among the first of its minute."""
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._count = minute, 0
        self._count += 1
        return self._count <= self.most


class Room:
    """Bytes that the bodies of all requests may take up together, so that many large ones do not fill the memory."""

    def __init__(self, most: int = MOST_BODIES) -> None:
        self.left = most

    def take(self, size: int) -> bool:
        """Take up `size` bytes; False where they are not left."""
        if size > self.left:
            return False
        self.left -= size
        return True

    def give(self, size: int) -> None:
        """Give back what was taken."""
        self.left += size


def names_of(host: str) -> tuple[str, ...]:
    """The names under which a server on a loopback address is meant to be asked; none where others may reach it.

    A web page that makes its own name lead to this machine sends that name as Host: it is refused.
    """
    return ("localhost", "127.0.0.1", "::1", host) if is_loopback(host) else ()


def is_meant(host_header: str, names: tuple[str, ...]) -> bool:
    """Whether a Host header (`name`, `name:port`, `[address]:port`) is one of `names`, or there are no `names`."""
    name = host_header[1:].partition("]")[0] if host_header.startswith("[") else host_header.partition(":")[0]
    return not names or name.lower() in names
