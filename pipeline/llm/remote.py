"""A model behind an OpenAI-compatible service. Each answer is handed on as it arrives, for the cache."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.core.errors import PipelineError, shorten
from pipeline.llm.completions import answer_of, body_of
from pipeline.llm.question import Answer, Question
from pipeline.llm.request_window import TryAgainError, Window, remedy_of, service_key
from pipeline.llm.service_errors import AGAIN, is_too_long, seconds
from pipeline.llm.settings import Endpoint
from pipeline.llm.transport import bounded
from pipeline.llm.usage import Allowance, Usage

if TYPE_CHECKING:
    import httpx2 as httpx
    from openai import AsyncOpenAI

log = logging.getLogger("pipeline")

OnAnswer = Callable[[Question, Answer], None]

_CONTENT_FILTER = re.compile(r"content[_ ]filter|content management policy|content_policy", re.IGNORECASE)
_NO_SCHEMA = re.compile(r"response_format|json_schema|guided|structured", re.IGNORECASE)


class RemoteModel:
    """Asks one service. Raises PipelineError where it never answered, stopped answering or refuses all requests."""

    def __init__(self, endpoint: Endpoint, where: str) -> None:
        self.endpoint = endpoint
        self.usage = Usage(endpoint.prices)
        self.masks_personal_data = endpoint.mask_personal_data
        self.version = f"{endpoint.url.rstrip('/')} {endpoint.model}"
        self._where = where
        self._window = Window[Question, Answer](endpoint, where, Allowance(endpoint.budget, self.usage, where))
        self._schema_at_server = endpoint.structured != "prompt"

    def answer_all(self, questions: Sequence[Question], on_answer: OnAnswer) -> None:
        """Ask every question; `on_answer` gets each answer as it arrives, in whatever order they come."""
        asyncio.run(self._answer_all(questions, on_answer))

    async def _answer_all(self, questions: Sequence[Question], on_answer: OnAnswer) -> None:
        def counted(question: Question, answer: Answer) -> None:
            self.usage.count(answer)
            on_answer(question, answer)

        client = self._client()
        before = self._window.retries
        try:
            await self._window.run(questions, lambda question: self._try(client, question), counted)
        finally:
            self.usage.retries += self._window.retries - before
            await client.close()

    async def _try(self, client: AsyncOpenAI, question: Question) -> Answer:
        import httpx2 as httpx
        import openai

        body = body_of(question, self.endpoint.model, self._schema_at_server)
        try:
            reply = await client.chat.completions.create(**body)
        except openai.APIStatusError as error:
            return self._refused(question, error.status_code, _said(error), error.response.headers)
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, httpx.UnsupportedProtocol | httpx.InvalidURL):
                raise PipelineError(
                    f"{self._where}.url: '{self.endpoint.url}': {error.__cause__}.", "Write http(s)://..."
                ) from None
            raise TryAgainError(
                f"{type(error.__cause__ or error).__name__}: {shorten(error.__cause__ or error)}"
            ) from None
        except (openai.OpenAIError, ValueError) as error:
            raise TryAgainError(f"an answer that cannot be read: {shorten(error)}") from None
        try:
            return answer_of(question, reply)
        except ValueError as error:  # what stands between may pass
            raise TryAgainError(str(error)) from None

    def _refused(self, question: Question, status: int, text: str, headers: httpx.Headers) -> Answer:
        """The service said no: to this try, to this prompt, or to all of them."""
        if status in AGAIN:
            raise TryAgainError(f"status {status}: {shorten(text)}", seconds(headers.get("retry-after")))
        if is_too_long(status, text):
            return Answer("", "too_long", shorten(text, 200))
        if status in (400, 403, 422) and _CONTENT_FILTER.search(text):
            return Answer("", "refused", shorten(text, 200))
        asked_with_schema = bool(question.schema) and self.endpoint.structured == "auto"
        if asked_with_schema and status in (400, 404, 422) and _NO_SCHEMA.search(text):
            self._schema_at_server = False  # the prompt holds the schema as well (client.py)
            raise TryAgainError("the service knows no JSON schema", 1e-3)
        raise PipelineError(
            f"{self._where}: {self.endpoint.url} refused with status {status}: {shorten(text, 200)}",
            remedy_of(self.endpoint, status),
        )

    def _client(self) -> AsyncOpenAI:
        import httpx2 as httpx
        from openai import AsyncOpenAI

        key = service_key(self.endpoint, self._where)
        connections = httpx.Limits(
            max_connections=self.endpoint.parallel, max_keepalive_connections=self.endpoint.parallel
        )
        transport = bounded(httpx.AsyncHTTPTransport(limits=connections), self.endpoint.max_answer_bytes)
        return AsyncOpenAI(
            base_url=self.endpoint.url,
            api_key=key or "none",
            max_retries=0,  # ours know what the run has done so far
            timeout=self.endpoint.timeout,
            http_client=httpx.AsyncClient(transport=transport, timeout=self.endpoint.timeout),
        )


def _said(error: Any) -> str:
    """The whole error of the service, for a look at what it means."""
    return str(error.response.text or error)
