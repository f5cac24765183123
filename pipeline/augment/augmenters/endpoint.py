"""A service behind HTTP, asked politely: a rate limit, several questions at once, retries with back-off.

What was answered is in the per-record cache (the callers use `pipeline.core.cache.cached`), so a run that
gave up goes on where it stopped.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydantic import Field

from pipeline.augment.augmenters.availability import missing, note_answer
from pipeline.core.errors import PipelineError, shorten
from pipeline.core.settings import Settings
from pipeline.llm.trouble import AGAIN, LONGEST_PAUSE, TOO_LONG, seconds


class Endpoint(Settings):
    """Where a service is and how hard it may be asked. A key never stands in params.yaml, only its variable."""

    url: str  # OpenAI-compatible: up to and with /v1; translation: the whole address that takes POST
    model: str = ""  # what the service calls the model
    key_env: str | None = None  # environment variable that holds the key; sent as a bearer token
    timeout: float = Field(default=120, gt=0)  # seconds for one answer
    retries: int = Field(default=6, ge=0, le=50)  # tries after the first one
    first_pause: float = Field(default=1.0, gt=0)  # seconds before the second try; doubles each time
    per_minute: int = Field(default=0, ge=0)  # most requests a minute; 0: no limit of ours
    parallel: int = Field(default=4, ge=1, le=64)  # requests under way at once


class RefusedError(Exception):
    """The service will not answer this one request, however often it is asked (a text beyond its window)."""


class Client:
    """Asks an endpoint. Raises EngineMissingError where it never answered, PipelineError where it stopped answering.

    Answers of earlier runs that shared the cache count.
    """

    def __init__(self, endpoint: Endpoint, where: str) -> None:
        self._endpoint = endpoint
        self._where = where
        self._engine = f"{endpoint.url} {endpoint.model}"
        self._answered = 0
        self._next_slot = 0.0
        self._lock = threading.Lock()

    def ask_all(self, path: str, bodies: Sequence[dict[str, Any]]) -> list[Any]:
        """The JSON answer to each body, in order; RefusedError objects stand for requests that were refused."""
        import httpx

        # One client for all: each new one reads the certificates of this machine again.
        http = httpx.Client(headers=self._headers(), timeout=self._endpoint.timeout)
        with http, ThreadPoolExecutor(self._endpoint.parallel) as pool:
            return list(pool.map(lambda body: self._ask_or_refused(http, path, body), bodies))

    def _ask_or_refused(self, http: Any, path: str, body: dict[str, Any]) -> Any:
        try:
            return self._ask(http, path, body)
        except RefusedError as refused:
            return refused

    def _ask(self, http: Any, path: str, body: dict[str, Any]) -> Any:
        trouble = ""
        for attempt in range(self._endpoint.retries + 1):
            self._wait_for_slot()
            answer, trouble, pause = self._try(http, path, body)
            if not trouble:
                self._count_answer()
                return answer
            if attempt < self._endpoint.retries:
                time.sleep(min(LONGEST_PAUSE, max(pause, self._endpoint.first_pause * 2**attempt)))
        tries = f"{self._endpoint.retries + 1} tries"
        if not self._answered:
            what = f"{self._where}: {self._endpoint.url} gave no answer in {tries}: {trouble}"
            raise missing(self._engine, what, "Start the service, or correct the address")
        raise PipelineError(
            f"{self._where}: {self._endpoint.url} fell silent after {self._answered:,} answers; {tries}: {trouble}.",
            "Run again: answers so far are kept in the cache. Lower per_minute or parallel where it limits the rate.",
        )

    def _count_answer(self) -> None:
        with self._lock:
            self._answered += 1
            if self._answered == 1:
                note_answer(self._engine)

    def _try(self, http: Any, path: str, body: dict[str, Any]) -> tuple[Any, str, float]:
        """The answer, what went wrong (empty: nothing), and the seconds that the service asks to wait."""
        import httpx

        try:
            reply = http.post(self._endpoint.url.rstrip("/") + path, json=body)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise PipelineError(f"{self._where}.url: '{self._endpoint.url}': {error}.", "Write http(s)://...") from None
        except httpx.TransportError as error:
            return None, f"{type(error).__name__}: {shorten(error)}", 0.0
        if reply.status_code in AGAIN:
            return None, f"status {reply.status_code}", seconds(reply.headers.get("retry-after"))
        if reply.is_error:
            self._refuse(reply.status_code, reply.text)
        try:
            return reply.json(), "", 0.0
        except ValueError:
            return None, f"an answer that is no JSON: {shorten(reply.text)}", 0.0

    def _refuse(self, status: int, text: str) -> None:
        if status == 413 or (status in (400, 422) and TOO_LONG.search(text)):
            raise RefusedError(shorten(text, 200))
        key = self._endpoint.key_env
        remedy = f"The key is read from ${key}." if key else "Where the service wants a key, set key_env."
        raise PipelineError(
            f"{self._where}: {self._endpoint.url} refused with status {status}: {shorten(text, 200)}",
            remedy
            if status in (401, 403)
            else "Check url and model, and that the service takes the request's settings.",
        )

    def _headers(self) -> dict[str, str]:
        name = self._endpoint.key_env
        if name is None:
            return {}
        if not os.environ.get(name):
            raise missing(self._engine, f"{self._where}.key_env: ${name} is not set", f"export {name}=...")
        return {"authorization": f"Bearer {os.environ[name]}"}

    def _wait_for_slot(self) -> None:
        if not self._endpoint.per_minute:
            return
        with self._lock:
            now = time.monotonic()
            mine = max(now, self._next_slot)
            self._next_slot = mine + 60 / self._endpoint.per_minute
        time.sleep(mine - now)
