"""Texts rendered by Harmony."""

from __future__ import annotations

from tests.dialects.reading import read, told


def test_harmony_as_rendered_text() -> None:
    text = (
        "<|start|>developer<|message|>请简短。<|end|><|start|>user<|message|>Weather?<|end|>"
        "<|start|>assistant<|channel|>analysis<|message|>Look.<|end|>"
        "<|start|>assistant<|channel|>commentary to=functions.weather <|constrain|>json<|message|>"
        '{"city": "里昂"}<|call|>'
        "<|start|>functions.weather to=assistant<|channel|>commentary<|message|>rain<|end|>"
        "<|start|>assistant<|channel|>final<|message|>Rain.<|return|>"
    )
    conversation, _ = read("harmony", {"text": text})
    assert told(conversation) == [
        ("developer", "请简短。", "", ()),
        ("user", "Weather?", "", ()),
        ("assistant", "", "Look.", ('weather{"city": "里昂"}',)),
        ("tool", "rain", "", ()),
        ("assistant", "Rain.", "", ()),
    ]
    assert conversation.messages[3].name == "weather"
