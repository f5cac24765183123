"""A translation service behind HTTP that takes LibreTranslate's requests: {q, source, target} -> {translatedText}."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from pipeline.augment.augmenters.endpoint import Client, Endpoint, RefusedError
from pipeline.augment.augmenters.request import EngineMissingError
from pipeline.core.errors import PipelineError, shorten

_WHERE = "augment.methods.back_translation.endpoint"
#: Texts in one request.
TEXTS = 16


def open_directions(
    directions: Sequence[str], endpoint: Endpoint | None
) -> Sequence[tuple[str, Callable[[list[str]], list[str | None]]]]:
    """Version and translator of each direction such as `en-es`. Raises EngineMissingError without an address.

    All ask through one client: a service that answers in one direction and not in the other is not missing.
    """
    if endpoint is None:
        raise EngineMissingError(f"{_WHERE} is not set", "Name the service: endpoint: {url: http://...}")
    client = Client(endpoint, _WHERE)
    found = []
    for direction in directions:
        source, dash, target = direction.partition("-")
        if not dash:
            raise PipelineError(
                f"augment.methods.back_translation: '{direction}' is no direction.",
                "Write two language codes, as en-es.",
            )
        version = f"{endpoint.url} {endpoint.model} {direction}"
        found.append((version, partial(_translate, client, source, target, endpoint.url)))
    return found


def _translate(client: Client, source: str, target: str, url: str, texts: list[str]) -> list[str | None]:
    """One translation per text; None where the service will not take a text."""
    parts = [texts[start : start + TEXTS] for start in range(0, len(texts), TEXTS)]
    bodies = [{"q": part, "source": source, "target": target, "format": "text"} for part in parts]
    results: list[str | None] = []
    for part, reply in zip(parts, client.ask_all("", bodies), strict=True):
        if isinstance(reply, RefusedError):
            # One text too long for the service must not take its neighbours along.
            alone = [_translate(client, source, target, url, [text])[0] for text in part] if len(part) > 1 else [None]
            results += alone
            continue
        results += _translations(reply, len(part), url)
    return results


def _translations(reply: object, count: int, url: str) -> list[str]:
    answer = reply.get("translatedText") if isinstance(reply, dict) else None
    if not isinstance(answer, list) or len(answer) != count:
        raise PipelineError(
            f"{_WHERE}: {url} gave no list of {count} translations: {shorten(reply, 200)}",
            "The service must answer {q: [...]} with {translatedText: [...]}.",
        )
    return [" ".join(str(text).split()) for text in answer]
