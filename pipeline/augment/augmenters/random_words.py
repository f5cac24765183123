"""Swap neighbouring words, or delete words: nlpaug's RandomWordAug on words that may be touched.

English and Chinese (segmented by jieba). Method: Wei and Zou 2019, https://arxiv.org/abs/1901.11196.
"""

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


class RandomWords(MethodSettings):
    """Settings of random_swap and random_delete."""

    languages: tuple[str, ...] = ("en", "zh")  # languages it may rewrite
    word_share: float = Field(default=0.1, gt=0, le=1)  # of a text's words; at least one (0.1: Wei and Zou 2019)


def build_swap(settings: RandomWords, models: object) -> Rewrite:
    """Swap words with a neighbour that only white space (or nothing, in Chinese) separates from them."""
    return partial(run_each, _augmenter("swap", settings.word_share))


def build_delete(settings: RandomWords, models: object) -> Rewrite:
    """Delete words that are followed by white space (or by another word, in Chinese)."""
    return partial(run_each, _augmenter("delete", settings.word_share))


def _augmenter(action: str, word_share: float) -> Augmenter:
    import_nlpaug()
    import nlpaug.augmenter.word as naw

    weaver = Weaver(glue=action == "delete")

    class CarefulRandomWordAug(naw.RandomWordAug):
        fixed: frozenset[str] = frozenset()
        partners: dict[int, list[int]] = {}  # noqa: RUF012 - rebuilt for every text

        def pre_skip_aug(self, tokens: list[str], tuple_idx: int | None = None) -> list[int]:
            """Which of the words may be swapped or deleted."""
            free = [not is_fixed(w) and w.lower() not in self.fixed for w in weaver.words]
            loose = [not gap.strip() for gap in weaver.gaps[1:-1]]  # only white space after word n
            if action == "delete":
                return [n for n, after in enumerate(loose) if free[n] and after]
            self.partners = {n: [] for n in range(len(free))}
            for n, after in enumerate(loose):
                if after and free[n] and free[n + 1]:
                    self.partners[n].append(n + 1)
                    self.partners[n + 1].append(n)
            return [n for n, others in self.partners.items() if others]

        def _get_swap_position(self, pos: int, token_length: int) -> int:
            return int(self.sample(self.partners[pos], 1)[0])

    return CarefulRandomWordAug(
        action=action, aug_p=word_share, aug_max=None, tokenizer=weaver.split, reverse_tokenizer=weaver.join
    )
