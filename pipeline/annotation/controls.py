"""What a Label Studio labeling config lets people answer: its controls, read from the XML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree


@dataclass(frozen=True)
class Control:
    """One control: its name, its tag (Choices, Labels, TextArea, Number), what it labels, the values it offers."""

    name: str
    tag: str
    target: str
    values: tuple[str, ...]


def controls(config: str) -> Iterator[Control]:
    """Every control of a config. Raises ValueError or ElementTree.ParseError where it cannot be read."""
    if "<!" in config.replace("<!--", ""):
        raise ValueError("document types and entities are not allowed")
    for element in ElementTree.fromstring(config).iter():
        if "toName" in element.attrib:
            inner = (child for child in element.iter() if child is not element)
            values = tuple(str(child.get("alias") or child.get("value", "")) for child in inner)
            yield Control(element.get("name", ""), element.tag, element.attrib["toName"], values)
