"""The part of nlpaug that this project extends or calls, typed by hand: nlpaug ships no types of its own."""

class Augmenter:
    def __init__(
        self,
        name: str,
        method: str,
        action: str,
        aug_min: int | None,
        aug_max: int | None,
        aug_p: float = 0.1,
        device: str = "cpu",
        include_detail: bool = False,
        verbose: int = 0,
    ) -> None: ...
    def augment(self, data: str | list[str], n: int = 1, num_thread: int = 1) -> list[str]: ...
    def substitute(self, data: str) -> str | list[str]: ...
    @classmethod
    def sample(cls, x: list[int], num: int) -> list[int]: ...
