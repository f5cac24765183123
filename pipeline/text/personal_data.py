"""What counts as personal data or a secret: one definition for masking (clean.pii) and checking (no_pii_left).

`find` looks at the text folded: full-width digits, letters and signs as ASCII, any dash as a hyphen, any space as a
space, offsets unchanged. In code only secrets are found: a sum, an address in a command or an example there is no
person's. Names and postal addresses need a recogniser (entity_recognisers.py).
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from pipeline.text.account_numbers import cards, cn_identities, ibans, us_social_security
from pipeline.text.code_regions import code_regions
from pipeline.text.credentials import KEY_HINT, keys_and_tokens, private_keys, url_passwords
from pipeline.text.phone_numbers import cn_mobiles, phones

Found = tuple[int, int, str]
Place = tuple[int, int]

#: Kind -> what it is called for people; earlier kinds win where two overlap.
KINDS: dict[str, str] = {
    "private_key": "a private key",
    "password": "a password in an address",
    "secret": "an API key or token",
    "email": "an e-mail address",
    "iban": "a bank account number",
    "cn_id": "a Chinese identity number",
    "card": "a payment card number",
    "us_ssn": "a US social security number",
    "cn_mobile": "a Chinese mobile number",
    "phone": "a phone number",
    "ip": "an IP address",
}
SECRETS = ("private_key", "password", "secret")


def find(text: str, countries: Sequence[str] = ()) -> list[Found]:
    """Entities as (start, end, kind), left to right, not overlapping. `countries` as in `phone_numbers.phones`."""
    folded = fold(text)
    hints = {True: KEY_HINT.search(folded) is not None, False: _HINT.search(folded) is not None}
    spans: list[Found] = []
    for kind, places in _finders(countries).items() if any(hints.values()) else ():
        if hints[kind in SECRETS]:
            spans = without_overlap(spans, [(start, end, kind) for start, end in places(folded)])
    if all(span[2] in SECRETS for span in spans):
        return spans
    code = code_regions(text)
    return [s for s in spans if s[2] in SECRETS or not any(a < s[1] and s[0] < b for a, b in code)]


def without_overlap(spans: Sequence[Found], more: Sequence[Found]) -> list[Found]:
    """`spans`, in order, and those of `more` that overlap none of them."""
    joined = list(spans)
    for start, end, kind in more:
        place = bisect(joined, (start, end))
        before_ends = joined[place - 1][1] if place else 0
        after_starts = joined[place][0] if place < len(joined) else end
        if before_ends <= start and end <= after_starts:
            joined.insert(place, (start, end, kind))
    return joined


def masked(text: str, spans: Sequence[Found], placeholders: dict[tuple[str, str], str]) -> str:
    """`text` with a placeholder such as `[EMAIL_1]` for each of the spans; `placeholders` is added to.

    It maps (kind, entity) to its placeholder, so that one entity has the same one in all texts that share it.
    """
    pieces, end = [], 0
    for start, stop, kind in spans:
        entity, number = text[start:stop], 1 + sum(known == kind for known, _ in placeholders)
        pieces += [text[end:start], placeholders.setdefault((kind, entity), f"[{kind.upper()}_{number}]")]
        end = stop
    return "".join([*pieces, text[end:]])


def fold(text: str) -> str:
    """`text` as detectors see it; as long as before."""
    return text.translate(_FOLDED) if _TO_FOLD.search(text) else text


def emails(text: str) -> Iterator[Place]:
    """E-mail addresses, `name [at] host [dot] com` too; no remotes (git@host:path), no log-ins (ssh me@host)."""
    for pattern in (_EMAIL, _SPELT_EMAIL):
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - 24) : match.start()]
            is_file = match[0].rpartition(".")[2].lower() in _FILE_SUFFIXES
            if not (is_file or _LOGIN.search(before) or _REMOTE.match(text, match.end())):
                yield match.span()


def ip_addresses(text: str) -> Iterator[Place]:
    """IP addresses of version 4 and 6; numbers that the text calls a version are none."""
    for match in _IP.finditer(text):
        before = text[max(0, match.start() - 20) : match.start()]
        try:
            if not ipaddress.ip_address(match[0]).is_unspecified and not _VERSION.search(before):
                yield match.span()
        except ValueError:
            continue


def _finders(countries: Sequence[str]) -> dict[str, Callable[[str], Iterator[Place]]]:
    return {
        "private_key": private_keys,
        "password": url_passwords,
        "secret": keys_and_tokens,
        "email": emails,
        "iban": ibans,
        "cn_id": cn_identities,
        "card": cards,
        "us_ssn": us_social_security,
        "cn_mobile": cn_mobiles,
        "phone": partial(phones, countries=countries),
        "ip": ip_addresses,
    }


_FOLDED: dict[int, int | str] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) not in "，！？；"},
    **dict.fromkeys([*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63], "-"),
    **dict.fromkeys([0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " "),
}
_TO_FOLD = re.compile("[＂-～\u2010-\u2015\u2212\ufe58\ufe63\xa0\u2000-\u200a\u202f\u205f\u3000]")

# Something that any entity but a secret has: an at sign after a word character, six digits near each other, dots or
# colons between digits, the beginning of an IBAN, a spelt-out at.
_HINT = re.compile(
    r"\w@\w|\d(?:[ ()./-]{0,3}\d){5}|\d\.\d+\.\d|[0-9a-f]::?[0-9a-f]+:|[A-Z]{2}\d\d[ -]?[0-9A-Z]{4}|[\[( ]at[\]) ]",
    re.IGNORECASE,
)
_LETTER = r"A-Za-z0-9\u00c0-\u024f"
_EMAIL = re.compile(
    rf"(?<![{_LETTER}._+-])(?<!@)[{_LETTER}_](?:[{_LETTER}._+'-]{{0,62}}[{_LETTER}_+-])?@"
    rf"[{_LETTER}](?:[{_LETTER}-]{{0,62}}\.)+[A-Za-z]{{2,24}}(?![A-Za-z0-9_@-])(?!\.[A-Za-z0-9])"
)
_FILE_SUFFIXES = frozenset(
    {"png", "jpg", "jpeg", "gif", "svg", "webp", "js", "ts", "css", "json", "html", "pdf", "zip", "gz", "tgz"}
)
_TLD = r"(?:com|net|org|edu|gov|io|co|info|biz|eu|cn|de|fr|uk|co\.uk|es|it|nl|jp|kr|in|br|ru|pl|se|ch|at|au|ca|us)"
_SPELT_EMAIL = re.compile(
    rf"(?<![\w.+-])[A-Za-z0-9][\w.+-]{{0,62}} ?(?:[\[(] ?(?i:at) ?[\])]| AT ) ?[A-Za-z0-9][\w-]{{0,62}}"
    rf"(?: ?(?:[\[(] ?(?i:dot) ?[\])]| DOT |\.) ?[\w-]{{2,62}}){{0,2}} ?(?:[\[(] ?(?i:dot) ?[\])]| DOT "
    rf"|\.) ?{_TLD}(?!\w)",
    re.ASCII,
)
_LOGIN = re.compile(r"://[^\s/@]*$|\b(?:ssh|scp|sftp|rsync|mosh|ssh-copy-id)\s(?:\S+\s){0,3}$", re.IGNORECASE)
_REMOTE = re.compile(r":(?:[\w~]|/(?!/))")
_IP = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)|(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}(?![\w:])",
    re.ASCII,
)
_VERSION = re.compile(
    r"[a-z]\w*/$|(?:\bv|version|firmware|build|release|chrome|driver|版本|固件|内核|浏览器|升级到)\W{0,3}(?:号|is)?\W{0,3}$",
    re.IGNORECASE,
)
