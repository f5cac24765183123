"""Uvicorn's HTTP protocol with bounds on connections and on the time in which a request is sent.

Uvicorn bounds neither: a client that opens connections and sends half a request on each would hold them until the
process has no file left. Here the connection that has waited longest for the rest of its request makes room.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol


class LimitedProtocol(H11Protocol):
    """At most `most` connections, each with `seconds` to send a request whole, head and body.

    A connection beyond them closes the one that has waited longest for its request to be whole: itself if none waits.
    """

    most: ClassVar[int]
    seconds: ClassVar[float]
    waiting: ClassVar[dict[LimitedProtocol, asyncio.TimerHandle]]  # oldest first

    def connection_made(self, transport: Any) -> None:
        """A new connection waits for its request; one too many makes the oldest that waits go."""
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > self.most:
            next(iter(self.waiting)).give_up()

    def connection_lost(self, exc: Exception | None) -> None:
        """It waits no more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Whether the request is whole now decides whether it waits."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """From here on it waits for the next request."""
        super().on_response_complete()
        self._look()

    def give_up(self) -> None:
        """Close the connection at once."""
        self._wait_no_more()
        self.transport.abort()

    def _look(self) -> None:
        cycle = self.cycle
        if cycle is None or cycle.more_body or cycle.response_complete:
            self._wait()
        else:
            self._wait_no_more()

    def _wait(self) -> None:
        if self not in self.waiting and not self.transport.is_closing():
            self.waiting[self] = self.loop.call_later(self.seconds, self.give_up)

    def _wait_no_more(self) -> None:
        timer = self.waiting.pop(self, None)
        if timer is not None:
            timer.cancel()


def limited(most: int, seconds: float) -> type[LimitedProtocol]:
    """The protocol of one server."""
    return type("Limited", (LimitedProtocol,), {"most": most, "seconds": seconds, "waiting": {}})
