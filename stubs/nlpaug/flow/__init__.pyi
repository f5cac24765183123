"""Augmenters one after the other."""

from nlpaug import Augmenter

class Sequential(Augmenter):
    def __init__(
        self, flow: list[Augmenter] | None = None, name: str = "Sequential_Pipeline", verbose: int = 0
    ) -> None: ...
