"""Synonym swap: nlpaug's SynonymAug over WordNet (English) or over lists of synonyms (Chinese, and any other).

The Chinese list was written for this project: small, so many texts stay as they are, but without the swaps of larger
public lists that turn praise into blame. `thesaurus` names a list of your own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from pipeline.augment.augmenters.flows import run_each
from pipeline.augment.augmenters.light_nlpaug import import_nlpaug
from pipeline.augment.augmenters.request import EngineMissingError, Request, Rewrite
from pipeline.augment.augmenters.thesaurus import Thesaurus, open_thesaurus
from pipeline.augment.augmenters.wordnet import CarefulWordNet
from pipeline.augment.augmenters.words import Weaver, is_fixed
from pipeline.augment.policy import MethodSettings

if TYPE_CHECKING:
    from nlpaug import Augmenter

_WHERE = "params.yaml: augment.methods.synonyms"


class Synonyms(MethodSettings):
    """Settings of synonyms."""

    word_share: float = Field(default=0.2, gt=0, le=1)  # of a text's words; at least one word; a guess: not measured
    # `dominance` is a guess: not measured.
    dominance: float = 0.6  # of a word's uses in WordNet's tagged corpus, 0 to 1, that its first sense must make up
    min_count: int = 1  # uses in that corpus a synonym must have; keeps rare words out; a guess: not measured
    thesaurus: dict[str, str] = Field(default_factory=dict)  # language -> text file, one group of synonyms a line


def build(settings: Synonyms, models: object) -> Rewrite:
    """Swap words for synonyms; English ones of the same part of speech and inflection."""
    augmenters = {lang: _augmenter(_source(lang, settings), settings.word_share) for lang in settings.languages}

    def rewrite(requests: Sequence[Request]) -> list[str]:
        results = [request.text for request in requests]  # a language without a source stays as it is
        for lang, augmenter in augmenters.items():
            own = [n for n, request in enumerate(requests) if request.lang == lang]
            for n, text in zip(own, run_each(augmenter, [requests[n] for n in own]), strict=True):
                results[n] = text
        return results

    return rewrite


def _source(lang: str, settings: Synonyms) -> CarefulWordNet | Thesaurus:
    if lang == "en" and lang not in settings.thesaurus:
        return CarefulWordNet(settings.dominance, settings.min_count)
    source = open_thesaurus(lang, settings.thesaurus.get(lang), f"{_WHERE}.thesaurus.{lang}")
    if source is None:
        raise EngineMissingError(
            f"no synonyms for the language '{lang}' come along", f"Name a list: {_WHERE}.thesaurus: {{{lang}: <file>}}"
        )
    return source


def _augmenter(source: CarefulWordNet | Thesaurus, word_share: float) -> Augmenter:
    import_nlpaug()
    import nlpaug.augmenter.word as naw

    weaver = Weaver()

    class CarefulSynonymAug(naw.SynonymAug):
        fixed: frozenset[str] = frozenset()

        @classmethod
        def get_model(cls, aug_src: str, lang: str, dict_path: str | None, force_reload: bool) -> object:
            """Our source of synonyms, whatever nlpaug was told of: its own would take any sense of a word."""
            return source

        def skip_aug(self, token_idxes: list[int], tokens: list[tuple[str, str]]) -> list[int]:
            """Only words that have a synonym, so that the drawn ones all change."""
            return [n for n in token_idxes if self._is_free(tokens[n][0]) and source.predict(tokens[n][0])]

        def _is_free(self, word: str) -> bool:
            return not is_fixed(word) and word.lower() not in self.fixed

    return CarefulSynonymAug(aug_p=word_share, tokenizer=weaver.split, reverse_tokenizer=weaver.join)
