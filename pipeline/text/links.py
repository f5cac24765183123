"""Links whose `&` was escaped on the way: `https://a.example/?x=1&amp;y=2`, alone on a line or in a sentence.

Elsewhere (commands, logs, settings, markup) such a link may be right as it is.
"""

from __future__ import annotations

import re

from pipeline.text.prose_lines import is_prose_line


def unescape_links(text: str) -> str:
    """`text` with `&amp;` as `&` between the parameters of links that stand alone on a line or in a line of prose.

    >>> unescape_links("See https://a.example/?x=1&amp;y=2 for the list.")
    'See https://a.example/?x=1&y=2 for the list.'
    >>> unescape_links("curl https://a.example/?x=1&amp;y=2")
    'curl https://a.example/?x=1&amp;y=2'
    """
    if "&amp;" not in text or "://" not in text:
        return text
    return "\n".join(_mended(line) if "&amp;" in line and "://" in line else line for line in text.split("\n"))


def _mended(line: str) -> str:
    around = _LINK.sub(_NOUN, line)
    if around == line or not (_ALONE.fullmatch(around) or is_prose_line(around)):
        return line
    return _LINK.sub(lambda link: link[0].replace("&amp;", "&"), line)


_PARAMETER = r"[^\s<>\"'`|\\^{}&，。；、）)]*+"
#: From a scheme to the last parameter; each `&` is a sign or escaped once, and a name and `=` stand behind it.
_LINK = re.compile(
    rf"""(?<![^\s(（：:，。、])https?://[^\s<>"'`|\\^{{}}&?]++\?{_PARAMETER}"""
    rf"""(?:&(?:amp;)?(?=[\w.\-\[\]%]+=){_PARAMETER})++(?![&"'`<>])"""
)
_NOUN = "\ufdd0"  # a letter to prose_lines.py
_ALONE = re.compile(rf"\s*(?:(?:[-*•>]|\d{{1,3}}[.)])\s+)?{_NOUN}[.,;。，；]?\s*")
