"""Escaped `&` between the parameters of links; what is no plain link stays."""

from __future__ import annotations

import pytest

from pipeline.text.links import unescape_links


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("https://a.example/s?q=cat&amp;lang=en", "https://a.example/s?q=cat&lang=en"),
        ("- https://a.example/s?q=cat&amp;lang=en.", "- https://a.example/s?q=cat&lang=en."),
        ("The list (https://a.example/?x=1&amp;y=2) is long.", "The list (https://a.example/?x=1&y=2) is long."),
        ("你可以在 https://a.example/?甲=1&amp;乙=2 看到它。", "你可以在 https://a.example/?甲=1&乙=2 看到它。"),
        (
            "See https://a.example/?x=1&copy=2&amp;reg=eu and https://b.example/?p=1&amp;q=2 for the rest.",
            "See https://a.example/?x=1&copy=2&reg=eu and https://b.example/?p=1&q=2 for the rest.",
        ),
    ],
)
def test_links_in_prose_or_alone(text, mended):
    assert unescape_links(text) == mended
    assert unescape_links(mended) == mended


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Tom &amp; Ann",
        "https://a.example/?x=1&y=2",
        "wget https://a.example/?x=1&amp;y=2",
        "url = https://a.example/?x=1&amp;y=2",
        '"https://a.example/?x=1&amp;y=2"',
        '<a href="https://a.example/?x=1&amp;y=2">it is the list</a>',
        "GET https://a.example/?x=1&amp;y=2 HTTP/1.1",
        "https://a.example/?x=1&amp;&amp;y=2",
        "https://a.example/?q=it&#39;s&amp;y=2",
        "https://a.example/Tom&amp;Ann",
        "In the query ?x=1&amp;y=2 it is so.",
    ],
)
def test_what_is_no_plain_link_stays(text):
    assert unescape_links(text) == text
