"""Augmenters of characters."""

from collections.abc import Callable

from nlpaug import Augmenter

class CharAugmenter(Augmenter):
    def pre_skip_aug(self, tokens: list[str], tuple_idx: int | None = None) -> list[int]: ...

class KeyboardAug(CharAugmenter):
    def __init__(
        self,
        *,
        aug_char_min: int | None = 1,
        aug_char_max: int | None = 10,
        aug_char_p: float = 0.3,
        aug_word_p: float = 0.3,
        aug_word_min: int | None = 1,
        aug_word_max: int | None = 10,
        tokenizer: Callable[[str], list[str]] | None = None,
        reverse_tokenizer: Callable[[list[str]], str] | None = None,
        include_special_char: bool = True,
        include_numeric: bool = True,
        include_upper_case: bool = True,
    ) -> None: ...
