"""A translation service behind HTTP that takes LibreTranslate's requests: {q, source, target} -> {translatedText}."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from pipeline.augment.augmenters.availability import missing, note_answer
from pipeline.augment.augmenters.request import EngineMissingError
from pipeline.core.errors import PipelineError, shorten
from pipeline.llm.request_window import NoServiceError, TryAgainError, Window, remedy_of, service_key
from pipeline.llm.service_errors import AGAIN, is_too_long, seconds
from pipeline.llm.settings import Service

if TYPE_CHECKING:
    import httpx

_WHERE = "augment.methods.back_translation.endpoint"
#: Texts in one request. A guess: not measured.
TEXTS = 16
#: What a service says to a request: its JSON, or None where it will not take this one.
Reply = object


def open_directions(
    directions: Sequence[str], service: Service | None
) -> Sequence[tuple[str, Callable[[list[str]], list[str | None]]]]:
    """Version and translator of each direction such as `en-es`. Raises EngineMissingError without an address.

    All ask through one client: a service that answers in one direction and not in the other is not missing.
    """
    if service is None:
        raise EngineMissingError(f"{_WHERE} is not set", "Name the service: endpoint: {url: http://...}")
    client = _Client(service)
    found = []
    for direction in directions:
        source, dash, target = direction.partition("-")
        if not dash:
            raise PipelineError(
                f"augment.methods.back_translation: '{direction}' is no direction.",
                "Write two language codes, as en-es.",
            )
        found.append((f"{service.url} {direction}", partial(_translate, client, source, target)))
    return found


class _Client:
    """Asks the service. Raises EngineMissingError where it never answered, PipelineError where it stopped."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._window = Window[int, Reply](service, _WHERE)

    def ask_all(self, bodies: Sequence[dict[str, object]]) -> list[Reply]:
        """The JSON reply to each body, in order; None where the service will not take it."""
        try:
            return asyncio.run(self._ask_all(bodies))
        except NoServiceError as error:
            raise missing(self.service.url, error.message, error.hint) from None
        finally:
            if self._window.answered:
                note_answer(self.service.url)

    async def _ask_all(self, bodies: Sequence[dict[str, object]]) -> list[Reply]:
        import httpx

        key = service_key(self.service, _WHERE)
        headers = {"authorization": f"Bearer {key}"} if key else {}
        replies: list[Reply] = [None] * len(bodies)
        async with httpx.AsyncClient(headers=headers, timeout=self.service.timeout) as http:
            await self._window.run(
                range(len(bodies)), lambda n: self._ask(http, bodies[n]), lambda n, reply: _put(replies, n, reply)
            )
        return replies

    async def _ask(self, http: httpx.AsyncClient, body: dict[str, object]) -> Reply:
        import httpx

        url = self.service.url
        try:
            reply = await http.post(url, json=body)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise PipelineError(f"{_WHERE}.url: '{url}': {error}.", "Write http(s)://...") from None
        except httpx.TransportError as error:
            raise TryAgainError(f"{type(error).__name__}: {shorten(error)}") from None
        status, text = reply.status_code, reply.text
        if status in AGAIN:
            raise TryAgainError(f"status {status}", seconds(reply.headers.get("retry-after")))
        if is_too_long(status, text):
            return None
        if reply.is_error:
            said = f"{_WHERE}: {url} refused with status {status}: {shorten(text, 200)}"
            raise PipelineError(said, remedy_of(self.service, status))
        try:
            return reply.json() or {}
        except ValueError:
            raise TryAgainError(f"an answer that is no JSON: {shorten(text)}") from None


def _put(replies: list[Reply], n: int, reply: Reply) -> None:
    replies[n] = reply


def _translate(client: _Client, source: str, target: str, texts: list[str]) -> list[str | None]:
    """One translation per text; None where the service will not take a text."""
    parts = [texts[start : start + TEXTS] for start in range(0, len(texts), TEXTS)]
    bodies: list[dict[str, object]] = [
        {"q": part, "source": source, "target": target, "format": "text"} for part in parts
    ]
    results: list[str | None] = []
    for part, reply in zip(parts, client.ask_all(bodies), strict=True):
        if reply is None:
            # One text too long for the service must not take its neighbours along.
            alone = [_translate(client, source, target, [text])[0] for text in part] if len(part) > 1 else [None]
            results += alone
            continue
        results += _translations(reply, len(part), client.service.url)
    return results


def _translations(reply: object, count: int, url: str) -> list[str]:
    answer = reply.get("translatedText") if isinstance(reply, dict) else None
    if not isinstance(answer, list) or len(answer) != count:
        raise PipelineError(
            f"{_WHERE}: {url} gave no list of {count} translations: {shorten(reply, 200)}",
            "The service must answer {q: [...]} with {translatedText: [...]}.",
        )
    return [" ".join(str(text).split()) for text in answer]
