"""What a service says when it will not answer now, or not this question; shared by all that ask services."""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime

#: Answers after which asking again makes sense: too many requests, or trouble on the other side.
AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
#: Longest pause between two tries, in seconds, whatever the service asks for. A guess: not measured.
LONGEST_PAUSE = 120.0
#: How services say that this one prompt is beyond their window (OpenAI, vLLM, SGLang, llama.cpp, TGI, Ollama).
TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|maximum context length|context (?:length|window|size)[^.]*exceed"
    r"|exceed\w* [^.]{0,40}(?:context (?:length|window|size)|text limit)"
    r"|\b(?:prompt|input|text|request|messages|query)\b[^.\"]{0,30}\btoo (?:long|large)\b"
    r"|`inputs` tokens \+ `max_new_tokens` must be",
    re.IGNORECASE,
)


def seconds(header: str | None) -> float:
    """A Retry-After header, seconds or a date, as seconds from now; 0 where it says nothing that can be read."""
    try:
        return max(0.0, float(header or 0))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(str(header)).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return 0.0


def is_too_long(status: int, text: str) -> bool:
    """Whether a service refuses a request because it is too long."""
    return status == 413 or (status in (400, 422) and TOO_LONG.search(text) is not None)
