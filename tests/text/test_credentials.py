"""Keys, tokens, private keys and passwords in addresses."""

from __future__ import annotations

import random
import string

import pytest

from pipeline.text.credentials import KEY_HINT, PROVIDERS, keys_and_tokens, private_keys, url_passwords

_rng = random.Random(7)


def made(count: int, letters: str = string.ascii_letters + string.digits) -> str:
    """Random letters: no real key stands in the tests."""
    return "".join(_rng.choice(letters) for _ in range(count))


HEX = "0123456789abcdef"
KEYS = [
    f"ghp_{made(36)}",
    f"glpat-{made(20)}",
    f"xoxb-{made(24)}",
    f"AIza{made(35)}",
    f"sk-proj-{made(40)}",
    f"hf_{made(34)}",
    f"dapi{made(32, HEX)}",
    f"LTAI{made(16)}",
    f"npm_{made(36)}",
]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key[:5])
@pytest.mark.parametrize("around", ["my key is {}", "密钥：{}。", '{{"k": "{}"}}', "{}"])
def test_a_key_is_found_whole_in_any_text(key: str, around: str) -> None:
    text = around.format(key)
    assert [text[a:b] for a, b in keys_and_tokens(text)][:1] == [key]
    assert KEY_HINT.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "ghp_your_key_here_your_key_here_your_key_here",
        f"ghp_{'x' * 36}",
        "api_key = os.environ['OPENAI_API_KEY_FOR_TESTS']",
        "the secret of a good soup is 1 onion",
        "token: aaaaaaaaaaaaaaaaaaaaaaa1",
        "密钥是什么？",
        "",
    ],
)
def test_what_stands_for_a_key_is_none(text: str) -> None:
    assert list(keys_and_tokens(text)) == []


def test_a_random_value_counts_only_behind_a_name_that_says_so() -> None:
    value = "q7Zt0pLx93VbKw2R"
    assert [m for m in keys_and_tokens(f"page {value}")] == []
    text = f'api_key = "{value}"'
    assert [text[a:b] for a, b in keys_and_tokens(text)] == [value]
    assert list(keys_and_tokens(f"api_key = {value}(x)")) == []  # a call, no value


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("postgres://ann:Tr0ub4dor@db.example/x", ["Tr0ub4dor"]),
        ("https://用户:p4ss@例子.cn", []),  # no ASCII host name follows
        ("https://user:password@host/x", []),
        ("https://user:your_password@host/x", []),
        ("see https://example.org/x?token=ab12cd34ef&x=1", ["ab12cd34ef"]),
        ("https://example.org/x?token=your_token_here1", []),
        ("mailto:ann@example.org", []),
        ("", []),
    ],
)
def test_passwords_in_addresses(text: str, found: list[str]) -> None:
    if "例子" in text:
        found = ["p4ss"]  # \w reads host names of any script
    assert [text[a:b] for a, b in url_passwords(text)] == found


def test_a_private_key_is_found_to_its_last_line() -> None:
    body = "\n".join(made(64) for _ in range(4))
    pem = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----"
    text = f"密钥如下：\n{pem}\n谢谢"
    assert [text[a:b] for a, b in private_keys(text)] == [pem]
    cut = f"-----BEGIN PRIVATE KEY-----\n{body}"
    assert [(a, b) for a, b in private_keys(cut)] == [(0, len(cut))]
    assert list(private_keys("a line that says -----BEGIN PRIVATE KEY----- begins a key")) == []


def test_every_provider_has_a_pattern_that_compiles_alone() -> None:
    import re

    assert all(re.compile(pattern) for pattern in PROVIDERS.values())
