"""A model behind an OpenAI-compatible service: a sliding window of requests, patient with trouble, never asking twice.

`parallel` requests are under way at any time: the next one starts when one ends, so a slow answer holds up none of the
others. Each answer is handed on as it arrives, for the cache.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.core.errors import PipelineError, shorten
from pipeline.llm.question import Answer, Problem, Question
from pipeline.llm.settings import Endpoint
from pipeline.llm.transport import bounded
from pipeline.llm.trouble import AGAIN, LONGEST_PAUSE, TOO_LONG, seconds
from pipeline.llm.usage import Allowance, Usage, estimated_tokens, prompt_tokens

if TYPE_CHECKING:
    import httpx2 as httpx
    from openai import AsyncOpenAI
    from openai.types.chat import ChatCompletion

log = logging.getLogger("pipeline")

OnAnswer = Callable[[Question, Answer], None]

#: Seconds between two looks at a budget that requests under way hold.
_BUDGET_PAUSE = 0.01
_CONTENT_FILTER = re.compile(r"content[_ ]filter|content management policy|content_policy", re.IGNORECASE)
_NO_SCHEMA = re.compile(r"response_format|json_schema|guided|structured", re.IGNORECASE)


class _TryAgainError(Exception):
    """Trouble that may pass. `pause`: seconds that the service asks to wait; 0 where it names none."""

    def __init__(self, why: str, pause: float = 0.0) -> None:
        super().__init__(why)
        self.pause = pause


class RemoteModel:
    """Asks one service. Raises PipelineError where it never answered, stopped answering or refuses all requests."""

    def __init__(self, endpoint: Endpoint, where: str) -> None:
        self.endpoint = endpoint
        self.usage = Usage(endpoint.prices)
        self.masks_personal_data = endpoint.mask_personal_data
        self.version = f"{endpoint.url.rstrip('/')} {endpoint.model}"
        self._where = where
        self._allowance = Allowance(endpoint.budget, self.usage, where)
        self._next_slot = 0.0
        self._is_stopping = False
        self._schema_at_server = endpoint.structured != "prompt"

    def answer_all(self, questions: Sequence[Question], on_answer: OnAnswer) -> None:
        """Ask every question; `on_answer` gets each answer as it arrives, in whatever order they come."""
        self._is_stopping = False
        asyncio.run(self._answer_all(questions, on_answer))

    async def _answer_all(self, questions: Sequence[Question], on_answer: OnAnswer) -> None:
        left = iter(questions)
        client = self._client()
        window = range(min(self.endpoint.parallel, len(questions)))
        workers = [asyncio.create_task(self._work(client, left, on_answer)) for _ in window]
        try:
            ends = await asyncio.gather(*workers, return_exceptions=True)
        finally:
            await client.close()
        for end in ends:
            if end is not None:
                raise end

    async def _work(self, client: AsyncOpenAI, left: Iterator[Question], on_answer: OnAnswer) -> None:
        """One place in the window: takes the next question as soon as its last one is answered.

        After trouble in one place the others finish what is under way, since that is paid for, and take nothing new.
        """
        while not self._is_stopping and (question := next(left, None)) is not None:
            try:
                while not self._allowance.reserve(question):
                    await asyncio.sleep(_BUDGET_PAUSE)
                try:
                    answer = await self._ask(client, question)
                    self.usage.count(answer)
                finally:
                    self._allowance.release(question)
                on_answer(question, answer)
            except BaseException:
                self._is_stopping = True
                raise

    async def _ask(self, client: AsyncOpenAI, question: Question) -> Answer:
        trouble = ""
        for attempt in range(self.endpoint.retries + 1):
            await self._wait_for_slot()
            try:
                return await asyncio.wait_for(self._try(client, question), self.endpoint.timeout)
            except TimeoutError:
                trouble, pause = f"no whole answer within {self.endpoint.timeout:g} s", 0.0
            except _TryAgainError as error:
                trouble, pause = str(error), error.pause
            self.usage.retries += 1
            if self._is_stopping:
                break
            if attempt < self.endpoint.retries:
                backoff = self.endpoint.first_pause * 2**attempt * random.uniform(0.8, 1.2)
                await asyncio.sleep(min(LONGEST_PAUSE, max(pause, backoff)))
        raise self._silent(trouble)

    def _silent(self, trouble: str) -> PipelineError:
        tries = f"{self.endpoint.retries + 1} tries"
        if not self.usage.requests:
            return PipelineError(
                f"{self._where}: {self.endpoint.url} gave no answer in {tries}: {trouble}.",
                "Start the service, or correct the address.",
            )
        return PipelineError(
            f"{self._where}: {self.endpoint.url} stopped answering after {self.usage.requests:,} answers; {tries}: "
            f"{trouble}.",
            "Run again: answers so far are kept in the cache. Lower per_minute or parallel where it limits the rate.",
        )

    async def _try(self, client: AsyncOpenAI, question: Question) -> Answer:
        import httpx2 as httpx
        import openai

        try:
            reply = await client.chat.completions.create(**self._body(question))
        except openai.APIStatusError as error:
            return self._refused(question, error.status_code, _said(error), error.response.headers)
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, httpx.UnsupportedProtocol | httpx.InvalidURL):
                raise PipelineError(
                    f"{self._where}.url: '{self.endpoint.url}': {error.__cause__}.", "Write http(s)://..."
                ) from None
            raise _TryAgainError(
                f"{type(error.__cause__ or error).__name__}: {shorten(error.__cause__ or error)}"
            ) from None
        except (openai.OpenAIError, ValueError) as error:
            raise _TryAgainError(f"an answer that cannot be read: {shorten(error)}") from None
        return self._read(question, reply)

    def _body(self, question: Question) -> dict[str, Any]:
        import json

        body: dict[str, Any] = {
            "model": self.endpoint.model,
            "messages": [{"role": role, "content": content} for role, content in question.turns],
            "max_tokens": question.max_tokens,
            "temperature": question.temperature,
            "seed": question.seed,
        }
        if question.logprobs:
            body["logprobs"] = True
        if question.schema and self._schema_at_server:
            schema = {"name": "answer", "strict": True, "schema": json.loads(question.schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return body

    def _refused(self, question: Question, status: int, text: str, headers: httpx.Headers) -> Answer:
        """The service said no: to this try, to this prompt, or to all of them."""
        if status in AGAIN:
            raise _TryAgainError(f"status {status}: {shorten(text)}", seconds(headers.get("retry-after")))
        if status == 413 or (status in (400, 422) and TOO_LONG.search(text)):
            return Answer("", "too_long", shorten(text, 200))
        if status in (400, 403, 422) and _CONTENT_FILTER.search(text):
            return Answer("", "refused", shorten(text, 200))
        knows_no_schema = status in (400, 404, 422) and question.schema and _NO_SCHEMA.search(text)
        if knows_no_schema and self.endpoint.structured == "auto":
            self._schema_at_server = False  # the prompt holds the schema as well (ask.py)
            raise _TryAgainError("the service knows no JSON schema", 1e-3)
        key = self.endpoint.key_env
        remedy = f"The key is read from ${key}." if key else "Where the service wants a key, set key_env."
        raise PipelineError(
            f"{self._where}: {self.endpoint.url} refused with status {status}: {shorten(text, 200)}",
            remedy if status in (401, 403) else "Check url and model, and that the service takes these settings.",
        )

    def _read(self, question: Question, reply: ChatCompletion) -> Answer:
        """The first choice. What is no chat completion at all may be a passing trouble of what stands between."""
        try:
            choice = reply.choices[0]
            message = choice.message
            refusal = getattr(message, "refusal", None)
            text = message.content or ""
        except (AttributeError, IndexError, TypeError):
            raise _TryAgainError(
                "an answer in another form than chat completions (give the address up to /v1)"
            ) from None
        if not isinstance(text, str):
            raise _TryAgainError("an answer whose content is no text")
        problem: Problem = ""
        if refusal or choice.finish_reason == "content_filter":
            problem = "refused"
        elif choice.finish_reason == "length":
            problem = "cut"
        reasoning = getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None) or ""
        usage = getattr(reply, "usage", None)
        counted = usage is not None and isinstance(usage.completion_tokens, int)
        return Answer(
            text=text,
            problem=problem,
            detail=shorten(refusal, 200) if refusal else "",
            reasoning=str(reasoning) if isinstance(reasoning, str) else "",
            logprob=_logprob(choice),
            prompt_tokens=usage.prompt_tokens if counted and usage else prompt_tokens(question),
            written_tokens=usage.completion_tokens if counted and usage else estimated_tokens(text),
            estimated=not counted,
            model=str(getattr(reply, "model", "") or ""),
        )

    def _client(self) -> AsyncOpenAI:
        import httpx2 as httpx
        from openai import AsyncOpenAI

        name = self.endpoint.key_env
        if name is not None and not os.environ.get(name):
            raise PipelineError(f"{self._where}.key_env: ${name} is not set.", f"export {name}=...")
        connections = httpx.Limits(
            max_connections=self.endpoint.parallel, max_keepalive_connections=self.endpoint.parallel
        )
        transport = bounded(httpx.AsyncHTTPTransport(limits=connections), self.endpoint.max_answer_bytes)
        return AsyncOpenAI(
            base_url=self.endpoint.url,
            api_key=os.environ[name] if name else "none",
            max_retries=0,  # ours know what the run has done so far
            timeout=self.endpoint.timeout,
            http_client=httpx.AsyncClient(transport=transport, timeout=self.endpoint.timeout),
        )

    async def _wait_for_slot(self) -> None:
        if self.endpoint.per_minute:
            now = time.monotonic()
            mine = max(now, self._next_slot)
            self._next_slot = mine + 60 / self.endpoint.per_minute
            await asyncio.sleep(mine - now)


def _said(error: Any) -> str:
    """The whole error of the service, for a look at what it means."""
    return str(error.response.text or error)


def _logprob(choice: Any) -> float | None:
    """The sum of the tokens' log probabilities, where the service gives them."""
    tokens = getattr(getattr(choice, "logprobs", None), "content", None)
    return float(sum(token.logprob for token in tokens)) if tokens else None
