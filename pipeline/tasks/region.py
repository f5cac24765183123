"""What Label Studio calls a region: one part of an answer, drawn or predicted."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from pipeline.core.record import Fields

#: Attributes of a text area that takes a text whole: Enter is a line break, and no 'Add' closes the box early.
#: A text that stands there already is opened by its pencil.
WHOLE_TEXT = 'rows="4" editable="true" maxSubmissions="1" allowSubmit="false" showSubmitButton="false"'


class Region(TypedDict):
    """One item of the `result` list of an annotation or a prediction; Label Studio's own have more keys."""

    from_name: NotRequired[str]
    to_name: NotRequired[str]
    type: str  # choices, labels, number, textarea
    value: Fields  # its keys depend on `type`
