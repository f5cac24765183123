"""What stands between two spaces of a text: a word, a name or number of prose, or what prose does not write."""

from __future__ import annotations

import re

from pipeline.text.scripts import CJK

_SIGNS = "、。〈-〟，！？；：（）…—·"
_CHUNK = re.compile(rf"[^\s{CJK}{_SIGNS}]+")
_OPENING = "\"'“‘«„([*¿¡–‹"
_CLOSING = "\"'”’»)],.;:!?*–…›"


def tokens(text: str) -> list[str]:
    """Pieces between spaces and Chinese, Japanese and Korean letters and punctuation; no quotes and stops around.

    >>> tokens("“Tom” & I, 他们用 x=1。")
    ['Tom', '&', 'I', 'x=1']
    """
    return [_core(chunk) for chunk in _CHUNK.findall(text)]


def is_word(token: str) -> bool:
    """Whether the token is a word: letters, with apostrophes or hyphens inside, or an abbreviation with dots."""
    return _WORD.fullmatch(token) is not None and token not in _KEYWORDS


def is_name(token: str) -> bool:
    """Whether prose writes it besides words: numbers, `COVID-19`, `R&D`, `and/or`, `@name`, addresses, emoji."""
    return _NAME.fullmatch(token) is not None


def is_odd(token: str) -> bool:
    """Whether it is neither: `C++`, `example.com`, `x2`."""
    return not (is_word(token) or is_name(token))


def is_code(token: str) -> bool:
    """Whether it holds a sign that prose does not write, or is a keyword of queries and logs."""
    return is_odd(token) and (token in _KEYWORDS or _CODE.search(token) is not None)


def _core(chunk: str) -> str:
    return chunk if "[[" in chunk or "]]" in chunk else chunk.lstrip(_OPENING).rstrip(_CLOSING)


#: Words in capitals that queries and logs begin with.
_KEYWORDS = frozenset(
    re.split(
        r"\s+",
        """SELECT FROM WHERE INSERT UPDATE DELETE JOIN VALUES HAVING GRANT ALTER MATCH ERROR WARN WARNING INFO DEBUG
           TRACE FATAL REM CRITICAL NOTICE SEVERE TODO FIXME""",
    )
)
_LETTER = r"[^\W\d_]"
_WORD = re.compile(rf"{_LETTER}+(?:['’‐‑–—-]{_LETTER}+)*['’]?|(?:{_LETTER}\.)+{_LETTER}?")
_NAME = re.compile(
    rf"""
    | [-–—]{{1,2}} | \.\.\.
    | [$€£¥₹~±-]?\d+(?:,\d{{3}})*(?:[.,]\d+)?(?:%|°[CF]?|['’]?{_LETTER}{{1,3}})?
    | \d[\d.,]*(?:[-–/]\d[\d.,]*){{1,2}}%? | \d{{1,2}}:\d\d | [%°&]
    | [A-Z]{_LETTER}*[-‐‑–]?\d+(?:['’]?{_LETTER})? | \d+[-‐‑–]{_LETTER}+
    | {_LETTER}{{2,}}/{_LETTER}{{2,}}
    | [A-Z]{{1,4}}&[A-Z]{{1,4}}s? | [A-Z]{_LETTER}+&[A-Z]{_LETTER}+
    | °[CF] | \.\d+ | [£$€]?\d+\+ | \#\d+ | [@\#]{_LETTER}\w* | /[^\s/]*[^\x00-\x7f][^\s/]*/ | {_LETTER}+\(s\)?
    | https?://[^\s<>"'|\\^{{}}\[\]]+ | [\w.+-]+@[\w-]+(?:\.[\w-]+)+
    | [^\x00-\x7f\w]+ | [\ufdd0-\ufdef][-\w'’]*
    """,
    re.VERBOSE,
)
_CODE = re.compile(
    r"""[=<>{}|\\^~`;_]|\$(?!\d)|%\w|::|&&|^-{1,2}\w|^/[A-Za-z]|/.*/|\w\.\w+\.\w|\[\[|]]|\w\(\W|\w\([^)]*$|[\[(]["']|["'][\])]|\*.|.&|&."""
)
