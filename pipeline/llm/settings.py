"""Settings of a language model behind an OpenAI-compatible service: its place, its limits, its prices."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.core.settings import Settings


class Prices(Settings):
    """What the service charges, in `currency` per million tokens."""

    input: float = Field(default=0.0, ge=0)  # per million prompt tokens
    output: float = Field(default=0.0, ge=0)  # per million written tokens
    currency: str = "USD"


class Budget(Settings):
    """What one run may spend on this service at most; 0 sets no limit. What the cache answers costs nothing."""

    requests: int = Field(default=0, ge=0)
    tokens: int = Field(default=0, ge=0)  # prompt and written together
    money: float = Field(default=0.0, ge=0)  # in the currency of `prices`


class Service(Settings):
    """Where a service is and how hard it may be asked. A key never stands in params.yaml, only its variable."""

    url: str  # of the service; of a language model up to and with /v1
    key_env: str | None = None  # environment variable that holds the key; sent as a bearer token
    timeout: float = Field(default=120, gt=0)  # seconds for one whole answer; a guess: not measured
    retries: int = Field(default=6, ge=0, le=50)  # tries after the first one; a guess: not measured
    # `first_pause` is a guess: not measured.
    first_pause: float = Field(default=1.0, gt=0)  # seconds before the second try; doubles each time
    per_minute: int = Field(default=0, ge=0)  # most requests a minute; 0: no limit of ours
    parallel: int = Field(default=8, ge=1, le=512)  # requests under way at once; a guess: not measured


class Endpoint(Service):
    """A chat-completions service: vLLM, SGLang, llama.cpp, Ollama, a cloud."""

    model: str  # what the service calls the model
    # `max_answer_bytes` is a guess: not measured.
    max_answer_bytes: int = Field(default=4_000_000, ge=1000)  # of one reply; a longer one is cut off and refused
    structured: Literal["auto", "server", "prompt"] = (
        "auto"  # who holds answers to a JSON schema; auto: the server if it can
    )
    mask_personal_data: bool = True  # personal data and secrets become placeholders before anything leaves
    licence: str = ""  # terms on what the model writes, for the dataset card
    prices: Prices = Prices()
    budget: Budget = Budget()
