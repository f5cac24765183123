"""Augmenters of words."""

from collections.abc import Callable

from nlpaug import Augmenter

class WordAugmenter(Augmenter):
    @classmethod
    def clean(cls, data: str | list[str]) -> str | list[str]: ...
    def pre_skip_aug(self, tokens: list[str], tuple_idx: int | None = None) -> list[int]: ...

class SynonymAug(WordAugmenter):
    def __init__(
        self,
        aug_src: str = "wordnet",
        *,
        aug_min: int | None = 1,
        aug_max: int | None = 10,
        aug_p: float = 0.3,
        tokenizer: Callable[[str], list[str]] | None = None,
        reverse_tokenizer: Callable[[list[str]], str] | None = None,
    ) -> None: ...
    # Tokens come with their part of speech.
    def skip_aug(self, token_idxes: list[int], tokens: list[tuple[str, str]]) -> list[int]: ...
    @classmethod
    def get_model(cls, aug_src: str, lang: str, dict_path: str | None, force_reload: bool) -> object: ...

class RandomWordAug(WordAugmenter):
    def __init__(
        self,
        action: str = "delete",
        *,
        aug_min: int | None = 1,
        aug_max: int | None = 10,
        aug_p: float = 0.3,
        tokenizer: Callable[[str], list[str]] | None = None,
        reverse_tokenizer: Callable[[list[str]], str] | None = None,
    ) -> None: ...
    def _get_swap_position(self, pos: int, token_length: int) -> int: ...

class BackTranslationAug(WordAugmenter):
    def __init__(
        self,
        from_model_name: str = "facebook/wmt19-en-de",
        to_model_name: str = "facebook/wmt19-de-en",
        *,
        device: str = "cpu",
        batch_size: int = 32,
        max_length: int = 300,
    ) -> None: ...
    @classmethod
    def get_model(cls, **settings: object) -> object: ...  # nlpaug names every argument
