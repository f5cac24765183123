"""HTML that text was scraped with: entities, damaged ones too, and tags."""

from __future__ import annotations

import html
import re

from pipeline.text.code_regions import holds_markup

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_CUT_ENTITY = re.compile(r"&(amp|lt|gt|quot)(?![\w=;])")
# ` #39;` and `&amp;#39;` where the ampersand was lost: only codes that web pages really escape.
_DAMAGED = re.compile(
    r"(?:(?<=\w)( )|(?<!\S)|&|(?<=[\s\W]))#(34|36|38|39|60|62|160|821[12]|821[6-9]|822[01]|8230);(?=(\w?))"
)
#: What a text needs for `decode_entities` to change it.
ENTITY_HINT = re.compile(rf"{_ENTITY.pattern}|{_CUT_ENTITY.pattern}|#\d\d\d?\d?;")

_TAG = re.compile(
    r"<!--.*?-->|</?(?P<name>a|abbr|b|big|blockquote|body|br|center|code|dd|div|dl|dt|em|font|form|h[1-6]|head|hr|html|i"
    r"|img|input|label|li|link|meta|ol|option|p|pre|s|script|section|select|small|span|strike|strong|style|sub|sup"
    r"|table|tbody|td|tfoot|th|thead|title|tr|tt|u|ul|wbr)(?:\s[^<>]{0,500})?/?>",
    re.IGNORECASE | re.DOTALL,
)
_INLINE = {"a", "abbr", "b", "big", "em", "font", "i", "s", "small", "span", "strong", "sub", "sup", "tt", "u", "wbr"}


def decode_entities(text: str) -> str:
    """`text` with entities as characters, however often they were escaped: `&amp;lt;` is `<`.

    Damaged ones too: `Tom &amp Ann`, ` #39;` without its ampersand. Parameters of an address (`?a=1&copy=2`) are none.
    """
    before = ""
    while before != text:
        before = text
        text = _ENTITY.sub(lambda m: html.unescape(m[0]), text)
    text = _CUT_ENTITY.sub(lambda m: html.unescape(f"{m[0]};"), text)
    return _DAMAGED.sub(_from_damaged, text)


def decode_entities_beside_tags(text: str) -> str:
    """The same for texts whose tags stay. Where tags are, or would be, entities stay too: `&lt;b&gt;` is no `<b>`."""
    if holds_markup(text):
        return text
    decoded = decode_entities(text)
    return text if holds_markup(decoded) else decoded


def drop_tags(text: str) -> str:
    """`text` without tags of HTML, by name; a space stands for those that break a line or a block."""
    return _TAG.sub(_tag_space, text)


def _from_damaged(match: re.Match[str]) -> str:
    # `don #39;t` lost its ampersand to the space; in `the #39;90s #39;` the space stays a space.
    inside_word = match[1] and match[2] in ("39", "8217") and match[3].isalpha()
    return ("" if inside_word else match[1] or "") + chr(int(match[2]))


def _tag_space(match: re.Match[str]) -> str:
    return "" if (match["name"] or "").lower() in _INLINE else " "
