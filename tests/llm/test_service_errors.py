"""What a service says when it will not answer now."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from pipeline.llm.service_errors import TOO_LONG, seconds


def test_retry_after_may_be_a_date_or_nonsense() -> None:
    assert seconds("3") == 3.0
    assert 50 < seconds(formatdate(time.time() + 60, usegmt=True)) <= 60
    assert seconds(formatdate(time.time() - 60, usegmt=True)) == 0.0
    assert seconds("soon") == seconds(None) == seconds("-4") == 0.0


@pytest.mark.parametrize(
    ("said", "is_length"),
    [
        ("This model's maximum context length is 4096 tokens.", True),
        ('{"error": {"code": "context_length_exceeded"}}', True),
        ("the request exceeds the available context size", True),
        ("`inputs` tokens + `max_new_tokens` must be <= 2048", True),
        ("prompt is too long: 9000 tokens", True),
        ("model 'tiny' does not exist", False),
        ("the length of max_tokens must be positive", False),
    ],
)
def test_what_services_say_of_long_prompts(said, is_length):
    assert (TOO_LONG.search(said) is not None) == is_length
