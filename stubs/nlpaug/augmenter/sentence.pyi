"""Augmenters of whole texts."""

from nlpaug import Augmenter

class SentenceAugmenter(Augmenter):
    def __init__(self, action: str, *, device: str = "cpu") -> None: ...
    @classmethod
    def clean(cls, data: str | list[str]) -> str | list[str]: ...
