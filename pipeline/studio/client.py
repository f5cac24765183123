"""Label Studio's HTTP API, as little of it as the loop needs.

Reads are tried again after a broken connection; writes never are, since a write that was heard twice would
be done twice. Tokens are sent to the server's address only, and no message holds one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict, Unpack

import httpx

from pipeline.core.errors import PipelineError, shorten

#: Seconds for one answer. Large imports and exports are slow on SQLite. A guess: not measured.
_TIMEOUT = httpx.Timeout(300, connect=10)
_TRIES = 4  # a guess: not measured
#: Tasks a page of a listing holds, and tasks or predictions that one request writes. Guesses: not measured.
PAGE, BATCH = 500, 250

Query = str | int | Sequence[int]


class _Request(TypedDict, total=False):
    params: Mapping[str, Query]
    json: object


class ListedProject(TypedDict):
    """A project as the server lists it."""

    id: int
    title: str
    created_at: str
    label_config: str


class ListedTask(TypedDict, total=False):
    """A task as the server lists it: those columns that were asked for."""

    id: int
    data: Mapping[str, object]
    updated_at: str
    annotations_ids: str
    total_annotations: int | None
    cancelled_annotations: int | None
    draft_exists: bool
    is_labeled: bool
    predictions_model_versions: str | None
    annotators: Sequence[int]


class Client:
    """A signed-in connection to the server at `url`.

    `token` is a legacy token (40 hex digits or so) or a personal access token (a JSON web token, which is
    exchanged for access tokens that live five minutes).
    """

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._token = token.strip()
        self._http = httpx.Client(base_url=self.url, timeout=_TIMEOUT)
        self._access: tuple[str, float] | None = None

    def get(self, path: str, **params: Query) -> Any:
        """The JSON answer to a GET."""
        return self._json("GET", path, params=params)

    def post(self, path: str, body: object, **params: Query) -> Any:
        """The JSON answer to a POST."""
        return self._json("POST", path, params=params, json=body)

    def patch(self, path: str, body: object) -> Any:
        """The JSON answer to a PATCH."""
        return self._json("PATCH", path, json=body)

    def delete(self, path: str) -> None:
        """Delete what is at `path`."""
        self._json("DELETE", path)

    def tasks(self, project: int, include: Sequence[str]) -> Iterator[ListedTask]:
        """The project's tasks with the columns in `include`, oldest first, a page in memory at a time."""
        columns = ",".join(("id", *include))
        page, seen = 1, 0
        while True:
            found = self.get("/api/tasks/", project=project, fields="all", include=columns, page=page, page_size=PAGE)
            yield from found["tasks"]
            seen += len(found["tasks"])
            if not found["tasks"] or seen >= found["total"]:
                return
            page += 1

    def projects(self, title: str) -> list[ListedProject]:
        """The projects that are called exactly `title`."""
        found = self.get("/api/projects/", title=title, page_size=1000)
        return [project for project in found["results"] if project["title"] == title]

    def _json(self, method: str, path: str, **more: Unpack[_Request]) -> object:
        response = self._send(method, path, **more)
        if response.status_code == 401:
            raise PipelineError(f"{self.url}: the server does not accept the token.", _TOKEN_HELP)
        if response.status_code == 403:
            raise PipelineError(f"{self.url}: this account may not do that ({method} {path}).", _TOKEN_HELP)
        if response.status_code == 404:
            raise NotFoundError(f"{self.url}: not found: {path}", "The project may have been deleted: sft label up")
        if response.is_error:
            raise PipelineError(
                f"{self.url}: the server refused {method} {path} ({response.status_code}): {_why(response)}",
                "Nothing local was changed; it is safe to run the command again.",
            )
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError:
            raise PipelineError(
                f"{self.url}: this is no Label Studio: {path} did not answer in JSON.", "Check LABEL_STUDIO_URL."
            ) from None

    def _send(self, method: str, path: str, **more: Unpack[_Request]) -> httpx.Response:
        tries = _TRIES if method == "GET" else 1
        for attempt in range(1, tries + 1):
            try:
                response = self._http.request(method, path, headers=self._headers(), **more)
                if response.status_code < 500 or attempt == tries:
                    return response
            except httpx.TransportError as error:
                if attempt == tries:
                    raise _unreachable(self.url, error) from None
            time.sleep(0.5 * 2**attempt)
        raise AssertionError("unreachable")

    def _headers(self) -> Mapping[str, str]:
        if self._token.count(".") != 2:
            return {"Authorization": f"Token {self._token}"}
        if self._access is None or time.monotonic() > self._access[1]:
            try:
                answer = self._http.post("/api/token/refresh", json={"refresh": self._token})
            except httpx.TransportError as error:
                raise _unreachable(self.url, error) from None
            if answer.is_error:
                raise PipelineError(f"{self.url}: the personal access token is wrong or expired.", _TOKEN_HELP)
            self._access = (answer.json()["access"], time.monotonic() + 200)
        return {"Authorization": f"Bearer {self._access[0]}"}


class NotFoundError(PipelineError):
    """The server has no such thing (any more)."""


_TOKEN_HELP = "Copy a token from Account & Settings in Label Studio into LABEL_STUDIO_API_KEY."


def _unreachable(url: str, error: Exception) -> PipelineError:
    return PipelineError(
        f"{url}: Label Studio cannot be reached ({type(error).__name__}).",
        "Start it (sft label up) or check LABEL_STUDIO_URL, then run the command again: it goes on where it stopped.",
    )


def _why(response: httpx.Response) -> str:
    try:
        body = response.json()
    except ValueError:
        return "no reason given"
    if isinstance(body, dict):
        body = body.get("validation_errors") or body.get("detail") or body
    return shorten(body, 300)
