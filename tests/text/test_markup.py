import pytest

from pipeline.text.markup import decode_entities, decode_entities_beside_tags, drop_tags


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("a &lt; b", "a < b"),
        ("&amp;amp;quot;", '"'),
        ("see ?a=1&copy=2", "see ?a=1&copy=2"),
        ("90 #39;s", "90's"),
        ("", ""),
    ],
)
def test_entities_are_decoded_however_often_they_were_escaped(text, decoded):
    assert decode_entities(text) == decoded


@pytest.mark.parametrize("text", ["<b>Tom &amp; Ann</b>", "use &lt;b&gt; for bold", "&lt;!-- x --&gt;"])
def test_entities_stay_where_tags_are_or_would_be(text):
    assert decode_entities_beside_tags(text) == text


def test_entities_go_where_no_tag_is():
    assert decode_entities_beside_tags("https://a.example/?x=1&amp;y=2") == "https://a.example/?x=1&y=2"


def test_tags_of_html_go_by_name():
    assert drop_tags("<b>a</b>b<br/>c <note>d</note>") == "ab c <note>d</note>"
