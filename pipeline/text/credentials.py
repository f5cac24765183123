"""Keys, tokens, private keys, and passwords in addresses.

Providers' keys are found by the plugins of detect-secrets and by patterns of our own for those that it lacks or would
cut short (OpenAI, Anthropic, Google, Hugging Face, Alibaba, longer GitHub tokens). A value without a prefix counts
only behind a name that says what it is (`api_key = "..."`), and only if it looks random: letters and digits, no word
such as `your_key_here`.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module

Place = tuple[int, int]

#: Plugins of detect-secrets whose keys a prefix, a shape or a name before them gives away.
_PLUGINS = (
    "aws.AWSKey",
    "cloudant.Cloudant",
    "ibm_cloud_iam.IbmCloudIam",
    "mailchimp.Mailchimp",
    "sendgrid.SendGrid",
    "softlayer.Softlayer",
    "square_oauth.SquareOAuth",
    "telegram_token.TelegramBotToken",
    "twilio.TwilioKey",
)
#: Provider -> keys and tokens that a prefix or a shape of their own gives away.
PROVIDERS: dict[str, str] = {
    "GitHub": r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}",
    "GitLab": r"gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas)-[\w-]{20,}|GR1348941[\w-]{20,}",
    "Slack": r"xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{10,}"
    r"|https://hooks\.slack\.com/services/T\w+/B\w+/\w+",
    "Stripe": r"(?:[rs]k_(?:live|test)|whsec)_[0-9A-Za-z]{16,}",
    "Google": r"AIza[\w-]{35}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{28}",
    "OpenAI, Anthropic, DeepSeek": r"sk-(?:proj|svcacct|admin|None|ant-[a-z]{2,9}\d\d|or-v1|lf)-[\w-]{20,}"
    r"|sk-[A-Za-z0-9]{20,}",
    "Groq, xAI, Perplexity": r"gsk_[A-Za-z0-9]{40,}|xai-[A-Za-z0-9]{60,}|pplx-[A-Za-z0-9]{40,}",
    "Hugging Face": r"hf_[A-Za-z0-9]{30,}",
    "npm": r"npm_[A-Za-z0-9]{36}",
    "PyPI": r"pypi-Ag[\w-]{50,}",
    "Discord": r"[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,38}",
    "JSON Web Token": r"eyJ[\w-]{8,}={0,2}\.eyJ[\w-]{8,}={0,2}\.[\w-]*",
    "Mailgun": r"key-[0-9a-f]{32}",
    "DigitalOcean": r"do[opr]_v1_[0-9a-f]{64}",
    "Shopify": r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
    "Square": r"sq0(?:atp|csp|idp)-[\w-]{22,43}|EAAA[\w-]{60}",
    "Azure": r"(?<=AccountKey=)[A-Za-z0-9+/]{86}==",
    "Databricks": r"dapi[0-9a-f]{32}",
    "HashiCorp": r"hvs\.[\w-]{24,}",
    "Postman": r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
    "Notion, Linear, Replicate": r"(?:ntn|lin_api|r8)_[A-Za-z0-9]{36,}|secret_[A-Za-z0-9]{43}",
    "Artifactory": r"AKC[a-zA-Z0-9]{40,}",
    "Alibaba, Tencent": r"LTAI[A-Za-z0-9]{12,20}|AKID[A-Za-z0-9]{32}",
}

_PROVIDED = re.compile(rf"(?<![A-Za-z0-9_])(?:{'|'.join(PROVIDERS.values())})(?![A-Za-z0-9_])", re.ASCII)
#: What a text needs for `keys_and_tokens` to find anything; quick to look for.
KEY_HINT = re.compile(
    r"A3T|A[BCKS][ICK]A|gh[pousr]_|github_pat|gl[a-z]{2,5}-|GR134|xox|xapp|hooks\.sl|k_(?:live|test)|whsec|AIza|ya29"
    r"|GOCSPX|sk-|hf_|npm_|pypi-|SG\."
    r"|AC[0-9a-f]{8}|SK[0-9a-f]{8}|\d:[\w-]{35}|[\w-]{23}\.[\w-]{6}\.|eyJ|-us\d|key|do[opr]_v1|shp|sq0|EAAA|AccountKey"
    r"|gsk_|xai-|pplx-|basic\s|dapi|hvs\.|PMAK|ntn_|lin_|r8_|secret"
    r"|AKC|LTAI|AKID|sig=|signature|token|bearer|password|passwd|pwd|-----BEGIN|://[^\s/@]*:[^\s/@]+@|密钥|令牌",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(
    r"(?:\b|_)(?:api[ _-]?(?:key|secret|token)|(?:secret|access|auth|private|client|account|signing"
    r"|encryption)[ _-]?(?:access[ _-]?)?(?:key|token|secret)"
    r"|secret|token|bearer|密钥|令牌|访问密钥)(?:[ _-]?id)?[\"'`]?\]?\s{0,3}(?::=|=>|=|:|：|\bis\b|是|为"
    r"|\s)\s{0,3}[\"'`]?(?:Bearer\s)?"
    r"(?P<value>[A-Za-z0-9][A-Za-z0-9+/_.~-]{14,}={0,2})",
    re.IGNORECASE,
)
_BASIC = re.compile(
    r"(?<![A-Za-z])Authorization[\"']?\s*[:=,]\s*[\"']?Basic\s+(?P<value>[A-Za-z0-9+/]{8,}={0,2})", re.IGNORECASE
)
_PLACEHOLDER = re.compile(
    r"your|example|sample|dummy|placeholder|changeme|insert|replace|redacted|xxxx|1234567890|abcdefgh|process\."
    r"|environ|config\.|settings\.|\.get|_here|todo",
    re.IGNORECASE,
)

_PRIVATE_KEY = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?P<body>(?:[A-Za-z0-9+/=:,.()-]|\s|\\[nrt]){40,20000}?)"
    r"(?:-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----|(?=[^A-Za-z0-9+/=:,.()\s\\-])|\Z)"
    r"|PuTTY-User-Key-File-[23]:[^\0]{40,20000}?Private-MAC: ?[0-9a-f]+"
)
_URL_PASSWORD = re.compile(
    r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,20}://[^\s/:@<>\"'?#]{0,100}:(?P<password>[^\s/@<>\"'`{}$*]{1,200})@(?=[\w\[])",
    re.IGNORECASE,
)
_URL_TOKEN = re.compile(
    r"[?&;](?:[a-z]{1,10}[_-])?(?:token|api_?key|apikey|secret|password|passwd|pwd|sig|signature)="
    r"(?P<token>[\w.~%+-]{8,500})",
    re.IGNORECASE | re.ASCII,
)
_NO_PASSWORD = re.compile(
    r"(?:your|my)?[_-]?(?:p|pw|pwd|pass|passwd|password|passwort|secret|token|x+|\.+|pass(?:word)?_?here|密码)"
    r"|\[[a-z]{2,20}(?:_[a-z]{2,10})?_\d{1,4}\]",  # what masking wrote
    re.IGNORECASE,
)


def private_keys(text: str) -> Iterator[Place]:
    """PEM and PuTTY private keys from their first line to their last; a first line alone is none."""
    for match in _PRIVATE_KEY.finditer(text):
        yield match.span()


def url_passwords(text: str) -> Iterator[Place]:
    """The password of `scheme://user:password@host` and of `?token=...`; words that stand for one are none."""
    for match in _URL_PASSWORD.finditer(text):
        if not _NO_PASSWORD.fullmatch(match["password"]):
            yield match.span("password")
    for match in _URL_TOKEN.finditer(text):
        if re.search(r"\d", match["token"]) and not _PLACEHOLDER.search(match["token"]):
            yield match.span("token")


def _is_real(value: str) -> bool:
    """Whether it is no placeholder: those say so, or repeat few characters."""
    return not _PLACEHOLDER.search(value) and len(set(value)) > 8


def keys_and_tokens(text: str) -> Iterator[Place]:
    """API keys and tokens: by a provider's prefix, or random values that the text names so."""
    for pattern, group in ((_PROVIDED, 0), *_of_detect_secrets()):
        for match in pattern.finditer(text):
            if _is_real(match[group]) and _stands_alone(text, match, group):
                yield match.span(group)
    for match in _ASSIGNED.finditer(text):
        if _looks_random(match["value"]) and text[match.end() : match.end() + 1] not in ("(", "["):
            yield match.span("value")
    for match in _BASIC.finditer(text):
        if _is_name_and_password(match["value"]):
            yield match.span("value")


def _is_name_and_password(value: str) -> bool:
    """Whether base64 holds `name:password`, as in HTTP basic authentication."""
    try:
        name, colon, password = base64.b64decode(value, validate=True).partition(b":")
    except binascii.Error:
        return False
    return bool(name and colon and password)


@cache
def _of_detect_secrets() -> Sequence[tuple[re.Pattern[str], int]]:
    """Patterns of its plugins, with the group that holds the key."""
    found: list[tuple[re.Pattern[str], int]] = []
    for plugin in _PLUGINS:
        module, _, name = plugin.partition(".")
        detector = getattr(import_module(f"detect_secrets.plugins.{module}"), f"{name}Detector")
        found += [(pattern, min(pattern.groups, 1)) for pattern in detector.denylist]
    return found


def _stands_alone(text: str, match: re.Match[str], group: int) -> bool:
    """No letter, digit or underscore of ASCII touches it."""
    start, end = match.span(group)
    return not (_WORD.fullmatch(text[max(0, start - 1) : start]) or _WORD.fullmatch(text[end : end + 1]))


_WORD = re.compile(r"\w", re.ASCII)


def _looks_random(value: str) -> bool:
    """Letters and digits, spread as in random text: at least 3 bits a character."""
    if _PLACEHOLDER.search(value) or not (re.search(r"\d", value) and re.search("[A-Za-z]", value)):
        return False
    counts = Counter(value)
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values()) >= 3.0
