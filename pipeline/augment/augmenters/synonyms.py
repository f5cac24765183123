"""Synonym swap: nlpaug's SynonymAug over WordNet, English only.

Chinese is left out: no well-kept synonym source is in the package registries, and the word lists that are
flip sentiment now and then. Set `languages` only to languages that WordNet covers.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from pipeline.augment.augmenters.flows import run_each
from pipeline.augment.augmenters.request import Rewrite
from pipeline.augment.augmenters.wordnet import CarefulWordNet
from pipeline.augment.augmenters.words import Weaver, is_fixed
from pipeline.augment.policy import MethodSettings


class Synonyms(MethodSettings):
    """Settings of synonyms."""

    word_share: float = 0.2  # of a text's words, 0 to 1; at least one word
    dominance: float = 0.6  # of a word's uses in WordNet's tagged corpus, 0 to 1, that its first sense must make up
    min_count: int = 1  # uses in that corpus a synonym must have; keeps rare words out


def build(settings: Synonyms, models: object) -> Rewrite:
    """Swap words for synonyms of the same part of speech and inflection."""
    source = CarefulWordNet(settings.dominance, settings.min_count)
    return partial(run_each, _augmenter(source, settings.word_share))


def _augmenter(source: CarefulWordNet, word_share: float) -> Any:
    import nlpaug.augmenter.word as naw

    weaver = Weaver()

    class CarefulSynonymAug(naw.SynonymAug):
        fixed: frozenset[str] = frozenset()

        @classmethod
        def get_model(cls, aug_src: str, lang: str, dict_path: str, force_reload: bool) -> CarefulWordNet:
            return source

        def skip_aug(self, token_idxes: list[int], tokens: list[tuple[Any, str]]) -> list[int]:
            """Only words that have a synonym, so that the drawn ones all change."""
            return [n for n in token_idxes if self._is_free(tokens[n][0]) and source.predict(tokens[n][0])]

        def _is_free(self, word: str) -> bool:
            return not is_fixed(word) and word.lower() not in self.fixed

    return CarefulSynonymAug(aug_p=word_share, tokenizer=weaver.split, reverse_tokenizer=weaver.join)
