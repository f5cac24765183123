"""Typing errors: nlpaug's KeyboardAug on words that may be touched. For letters on keys, so not for Chinese."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field

from pipeline.augment.augmenters.flows import run_each
from pipeline.augment.augmenters.light_nlpaug import import_nlpaug
from pipeline.augment.augmenters.request import Rewrite
from pipeline.augment.augmenters.words import Weaver, is_fixed
from pipeline.augment.policy import MethodSettings

if TYPE_CHECKING:
    from nlpaug import Augmenter

#: Shorter words are often another word after one wrong key. A guess: not measured.
_MIN_LETTERS = 4


class Spelling(MethodSettings):
    """Settings of spelling."""

    # `word_share` is a guess: not measured.
    word_share: float = Field(default=0.1, gt=0, le=1)  # of a text's words that get one wrong key; at least one word


def build(settings: Spelling, models: object) -> Rewrite:
    """One letter of some words replaced by a neighbour on the keyboard."""
    return partial(run_each, _augmenter(settings.word_share))


def _augmenter(word_share: float) -> Augmenter:
    import_nlpaug()
    import nlpaug.augmenter.char as nac

    weaver = Weaver()

    class CarefulKeyboardAug(nac.KeyboardAug):
        fixed: frozenset[str] = frozenset()

        def pre_skip_aug(self, tokens: list[str], tuple_idx: int | None = None) -> list[int]:
            """Which of the words may get a wrong key."""
            able = [w.isascii() and w.isalpha() and len(w) >= _MIN_LETTERS for w in tokens]
            free = [not is_fixed(w) and w.lower() not in self.fixed for w in tokens]
            return [n for n in range(len(tokens)) if able[n] and free[n]]

    return CarefulKeyboardAug(
        aug_word_p=word_share,
        aug_word_max=None,
        aug_char_min=1,
        aug_char_max=1,
        include_special_char=False,
        include_numeric=False,
        include_upper_case=False,
        tokenizer=weaver.split,
        reverse_tokenizer=weaver.join,
    )
