import pytest

from pipeline.text.code_regions import code_regions, holds_markup, layout_regions, topics


def cut(text, regions):
    return [text[a:b] for a, b in regions]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Write `&lt;` for <.", ["`&lt;`"]),
        ("两个反引号 ``a ` b`` 之间", ["``a ` b``"]),
        ("a\n```xml\n<a>&amp;</a>\n```\nb", ["```xml\n<a>&amp;</a>\n```"]),
        ("a\n~~~\nx\n~~~\nb", ["~~~\nx\n~~~"]),
        ("never closed\n```py\nx = 1\n\nmore", ["```py\nx = 1\n\nmore"]),
        ("<pre>x  &lt;</pre> y", ["<pre>x  &lt;</pre>"]),
        ("So:\n\ndef f(x):\n    return '&lt;'\n\nThat is all.", ["def f(x):\n    return '&lt;'"]),
        ("int x = 10;\nx &= y;\n\nprint(x);\n\nDone.", ["int x = 10;\nx &= y;", "print(x);"]),
        ("SELECT name\nFROM t\nWHERE a != b;", ["SELECT name\nFROM t\nWHERE a != b;"]),
        ("", []),
    ],
)
def test_code_is_found(text, code):
    assert cut(text, code_regions(text)) == code


@pytest.mark.parametrize(
    "text",
    [
        "It's a `quote that never ends",
        "If you go, I go:\nfor me it is fine;\nreturn to sender",
        "1、婚前财产;\n2、夫妻共同债务;\n3、其他债务;",
        "Dear Ann (and Bob),\nsee you at 5 = five.\nBye",
        "Roses are red;\nviolets are blue;\nsugar is sweet.",
    ],
)
def test_prose_is_no_code(text):
    assert code_regions(text) == []


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("| a | b |\n|---|---|\n| 1 | 2 |\n\nEnd", ["| a | b |\n|---|---|\n| 1 | 2 |"]),
        ("a | b\n--|--\n1 | 2", ["a | b\n--|--\n1 | 2"]),
        ("+---+---+\n| a | b |\n+---+---+", ["+---+---+\n| a | b |\n+---+---+"]),
        ("姓名\t年龄\n小明\t8\n小红\t9\n完", ["姓名\t年龄\n小明\t8\n小红\t9"]),
        ("see <note><to>Tom &amp; Ann</to></note> now", ["<note><to>Tom &amp; Ann</to></note>"]),
        ('<?xml version="1.0"?>\n<p>x</p>\nend', ['<?xml version="1.0"?>\n<p>x</p>']),
        ("<p>x</p> and <b>y</b>", []),
        ("this | that\nor | not", []),
        ("one\ttab", []),
    ],
)
def test_layout_is_found(text, layout):
    assert cut(text, layout_regions(text)) == layout


@pytest.mark.parametrize(
    ("text", "holds"), [("a < b > c", False), ("<3 <-", False), ("<b>", True), ("<a:b c='d'/>", True)]
)
def test_markup_is_told_from_comparison(text, holds):
    assert holds_markup(text) is holds


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("What is the mojibake for é in latin-1?", {"characters"}),
        ("Which entity gives a space in HTML?", {"markup"}),
        ("什么是全角字符？", {"characters"}),
        ("如何转义尖括号？", {"markup"}),
        ("把 &nbsp; 换成空格", {"markup"}),
        ("Replace '&lt;' by a sign", {"markup"}),
        ("Tom &amp; Ann read &amp; write &quot;it&quot;", set()),
        ("他说 &ldquo;好&rdquo;，把 &ldquo;坏&rdquo; 去掉", set()),
        ("a non-breaking&nbsp;space", {"characters"}),
        ("Tom&nbsp;and Ann escaped from the city.", set()),
    ],
)
def test_topics(text, about):
    assert topics([text]) == about


@pytest.mark.parametrize(
    "text", ["`" * 100_000, "<x>" * 20_000, "|" * 100_000, "a\tb" * 30_000, "```\n" * 20_000, "x(" * 50_000]
)
def test_long_odd_texts_take_no_long_time(text):
    """A pattern that tries every way to match would not come back; what is found lies in the text."""
    found = [*code_regions(text), *layout_regions(text)]
    assert isinstance(holds_markup(text), bool)
    assert all(0 <= start < end <= len(text) for start, end, *_ in found)
