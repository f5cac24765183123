"""What a labelling config lets people answer, read from its XML."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from pipeline.annotation.controls import Control, controls

CONFIG = """
<View>
  <Text name="text" value="$text"/>
  <Choices name="label" toName="text"><Choice value="好"/><Choice value="Bad" alias="bad"/></Choices>
  <View><TextArea name="comment" toName="text"/></View>
</View>
"""


def test_every_control_has_its_name_target_and_values() -> None:
    assert list(controls(CONFIG)) == [
        Control("label", "Choices", "text", ("好", "bad")),
        Control("comment", "TextArea", "text", ()),
    ]


def test_what_is_only_shown_is_no_control() -> None:
    assert list(controls('<View><Text name="text" value="$text"/></View>')) == []


def test_a_comment_is_allowed() -> None:
    assert [one.name for one in controls('<View><!-- 注 --><Number name="n" toName="t"/></View>')] == ["n"]


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ('<!DOCTYPE x [<!ENTITY a "aaaa">]><View>&a;</View>', ValueError),
        ("<View>", ElementTree.ParseError),
        ("", ElementTree.ParseError),
    ],
)
def test_a_config_that_cannot_be_read_is_refused(config: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        list(controls(config))
