"""A sliding window of requests to one service: patient with trouble, a rate limit kept, nothing paid for thrown away.

`parallel` requests are under way at any time: the next one starts when one ends, so a slow answer holds up none of the
others.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from pipeline.core.errors import PipelineError
from pipeline.llm.service_errors import LONGEST_PAUSE
from pipeline.llm.settings import Service

Item = TypeVar("Item")
Reply = TypeVar("Reply")
Asked = TypeVar("Asked", contravariant=True)

#: Seconds between two looks at an allowance that requests under way hold. A guess: not measured.
_PAUSE = 0.01


class TryAgainError(Exception):
    """Trouble that may pass. `pause`: seconds that the service asks to wait; 0 where it names none."""

    def __init__(self, why: str, pause: float = 0.0) -> None:
        super().__init__(why)
        self.pause = pause


class NoServiceError(PipelineError):
    """A service that never answered in this run, or whose key is not set."""


class Reservations(Protocol[Asked]):
    """What holds a run to its budget: a request is reserved before it is sent."""

    def reserve(self, question: Asked, /) -> bool:
        """Whether the request may go now; False: it waits for those under way. Raises PipelineError where never."""

    def release(self, question: Asked, /) -> None:
        """The request is over."""


class Window(Generic[Item, Reply]):
    """Asks about each item through `ask`, which raises TryAgainError where another try makes sense.

    `answered` and `retries` count over all runs of this object.
    """

    def __init__(self, service: Service, where: str, allowance: Reservations[Item] | None = None) -> None:
        self._service = service
        self._where = where
        self._allowance = allowance
        self._next_slot = 0.0
        self._is_stopping = False
        self.answered = 0
        self.retries = 0

    async def run(
        self,
        items: Sequence[Item],
        ask: Callable[[Item], Awaitable[Reply]],
        on_reply: Callable[[Item, Reply], None],
    ) -> None:
        """Ask about every item; `on_reply` gets each reply as it arrives, in whatever order they come.

        Raises NoServiceError where the service never answered, PipelineError where it stopped answering.
        """
        self._is_stopping = False
        left = iter(items)
        places = range(min(self._service.parallel, len(items)))
        workers = [asyncio.create_task(self._work(left, ask, on_reply)) for _ in places]
        for end in await asyncio.gather(*workers, return_exceptions=True):
            if end is not None:
                raise end

    async def _work(
        self, left: Iterator[Item], ask: Callable[[Item], Awaitable[Reply]], on_reply: Callable[[Item, Reply], None]
    ) -> None:
        """One place in the window: takes the next item as soon as its last one is answered.

        After trouble in one place the others finish what is under way, since that is paid for, and take nothing new.
        """
        while not self._is_stopping and (item := next(left, None)) is not None:
            try:
                while self._allowance and not self._allowance.reserve(item):
                    await asyncio.sleep(_PAUSE)
                try:
                    reply = await self._patiently(item, ask)
                    on_reply(item, reply)
                finally:
                    if self._allowance:
                        self._allowance.release(item)
            except BaseException:
                self._is_stopping = True
                raise

    async def _patiently(self, item: Item, ask: Callable[[Item], Awaitable[Reply]]) -> Reply:
        trouble = ""
        for attempt in range(self._service.retries + 1):
            await self._wait_for_slot()
            try:
                reply = await asyncio.wait_for(ask(item), self._service.timeout)
            except TimeoutError:
                trouble, pause = f"no whole answer within {self._service.timeout:g} s", 0.0
            except TryAgainError as error:
                trouble, pause = str(error), error.pause
            else:
                self.answered += 1
                return reply
            self.retries += 1
            if self._is_stopping:
                break
            if attempt < self._service.retries:
                backoff = self._service.first_pause * 2**attempt * random.uniform(0.8, 1.2)
                await asyncio.sleep(min(LONGEST_PAUSE, max(pause, backoff)))
        raise self._silent(trouble)

    def _silent(self, trouble: str) -> PipelineError:
        tries = f"{self._service.retries + 1} tries"
        if not self.answered:
            return NoServiceError(
                f"{self._where}: {self._service.url} gave no answer in {tries}: {trouble}.",
                "Start the service, or correct the address.",
            )
        return PipelineError(
            f"{self._where}: {self._service.url} stopped answering after {self.answered:,} answers; {tries}: "
            f"{trouble}.",
            "Run again: answers so far are kept in the cache. Lower per_minute or parallel where it limits the rate.",
        )

    async def _wait_for_slot(self) -> None:
        if self._service.per_minute:
            now = time.monotonic()
            mine = max(now, self._next_slot)
            self._next_slot = mine + 60 / self._service.per_minute
            await asyncio.sleep(mine - now)


def service_key(service: Service, where: str) -> str | None:
    """The key of the service from its environment variable; None where it takes none. Raises NoServiceError."""
    name = service.key_env
    if name is None:
        return None
    if not os.environ.get(name):
        raise NoServiceError(f"{where}.key_env: ${name} is not set.", f"export {name}=...")
    return os.environ[name]


def remedy_of(service: Service, status: int) -> str:
    """What to do about a refusal that will not pass."""
    if status not in (401, 403):
        return "Check url and model, and that the service takes these settings."
    return f"The key is read from ${service.key_env}." if service.key_env else "Where it wants a key, set key_env."
