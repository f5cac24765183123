import pytest

from pipeline.augment.gate.structure import lost_structure


@pytest.mark.parametrize(
    ("parent", "child", "protected", "says"),
    [
        ("Call me at 10", "Call me at 11", (), "numbers"),
        ("It is not good", "It is good", (), "negations"),
        ("味道不好", "味道好", (), "negations"),
        ("See http://a.b/c", "See http://a.b/d", (), "addresses"),
        ("Mail <EMAIL> now", "Mail now", (), "placeholders"),
        ("run `ls -l` now", "run ls -l now", (), "code"),
        ("a\n```\nx = 1\n```", "a\n```\nx = y\n```", (), "code"),
        ("dear {{ name }}", "dear {{ nom }}", (), "placeholders"),
        ("costs %d now", "costs now", (), "placeholders"),
        ("Ann met Bob", "Anne met Bob Smith", ("Bob S",), ""),
        ("Ann met Bob", "Anne saw Rob", ("Bob",), "'Bob' must stay"),
    ],
)
def test_what_is_lost_is_named(parent, child, protected, says):
    found = lost_structure(parent, child, protected)
    assert says in found
    assert bool(found) == bool(says)


def test_contraction_counts_as_its_long_form():
    assert lost_structure("I don't like it", "I do not love it", ()) == ""
