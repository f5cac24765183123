"""Augmenters one after the other."""

from nlpaug import Augmenter

class Sequential(Augmenter):
    def __init__(
        self, flow: list[Augmenter] | None = None, name: str = "Sequential_Pipeline", verbose: int = 0
    ) -> None: ...

class Sometimes(Augmenter):
    def __init__(
        self,
        flow: list[Augmenter] | None = None,
        name: str = "Sometimes_Pipeline",
        pipeline_p: float = 0.2,
        aug_p: float | None = None,
        verbose: int = 0,
    ) -> None: ...
