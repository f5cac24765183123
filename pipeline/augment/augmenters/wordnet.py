"""WordNet as nlpaug's synonym source, with care: part of speech, first frequent sense, inflection."""

from __future__ import annotations

import os
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.augment.augmenters.request import EngineMissingError
from pipeline.core.cache import cache_folder

if TYPE_CHECKING:
    from nltk.corpus.reader.wordnet import Synset, WordNetCorpusReader

#: WordNet's part of speech for the first two letters of a Penn Treebank tag. nlpaug's own table
#: takes prepositions (IN) for adjectives.
_POS = {"NN": "n", "VB": "v", "JJ": "a", "RB": "r"}
_UPOS = {"n": "NOUN", "v": "VERB", "a": "ADJ", "r": "ADV"}

_STOP_WORDS = (
    "a about above after again all also am an and any anyone anything are as at be became because become been before "
    "being below between both but by came can come could day did do does doing done down during each even ever every "
    "few for from further gave get gets getting give go goes going gone gonna got had has have having he her here hers "
    "him his how i if in into is it its just keep know last least less let like likely little lot made make makes many "
    "may me might mine more most much must my new now of off on once one only or other our out over own put quite "
    "rather really right said same saw say see seem set shall she should show since so some still such take than that "
    "the their them then there these they thing things this those though through time to too took two under until up "
    "upon us use used very want was way we well went were what when where whether which while who whom whose why will "
    "with would yes yet you your"
)
#: Words whose first sense in a dictionary says little about their use in a sentence.
STOP_WORDS = frozenset(_STOP_WORDS.split())


class Tagged(str):
    """A token that remembers its Penn Treebank tag, so that `predict` can inflect the synonym."""

    tag: str = ""


class CarefulWordNet:
    """What nlpaug asks of a word dictionary: `pos_tag(tokens)` and `predict(word, pos)`.

    Synonyms come from the word's most frequent sense, only where that sense makes up at least `dominance` of the
    word's tagged uses, and only words whose own first sense it is; rare ones (count below `min_count`) and
    phrases are left out.
    """

    def __init__(self, dominance: float, min_count: int) -> None:
        self.dominance = dominance
        self.min_count = min_count
        self._reader = open_wordnet(str(find_wordnet()))
        self._known: dict[tuple[str, str], list[str]] = {}

    def pos_tag(self, tokens: list[str]) -> list[tuple[str, str]]:
        """Tokens with tags, by the tagger inside textblob (nltk's needs a download)."""
        from textblob.en import parser

        tagged: list[tuple[str, str]] = []
        for token, (_, tag) in zip(tokens, parser.find_tags(list(tokens)) if tokens else [], strict=True):
            word = Tagged(token)
            word.tag = tag
            tagged.append((word, tag))
        return tagged

    def predict(self, word: str, pos: str | None = None) -> list[str]:
        """Synonyms of `word` in its own inflection, most frequent first."""
        tag = word.tag if isinstance(word, Tagged) else ""
        kind = _POS.get(tag[:2])
        if kind is None or tag.startswith("NNP") or word.lower() in STOP_WORDS:
            return []
        key = (word.lower(), tag)
        if key not in self._known:
            lemmas = self._synonyms(word.lower(), kind)
            self._known[key] = [form for lemma in lemmas if (form := _inflect(lemma, kind, tag)) != word.lower()]
        return self._known[key]

    def _synonyms(self, word: str, kind: str) -> list[str]:
        senses = self._reader.synsets(word, pos=kind)
        base = self._reader.morphy(word, kind) or word
        uses = [_uses(sense, base) for sense in senses]
        if not any(uses[:1]) or uses[0] < self.dominance * sum(uses):
            return []
        found = sorted((-m.count(), m.name()) for m in senses[0].lemmas() if m.count() >= self.min_count)
        names = [name for _, name in found if name != base and _is_plain_word(name)]
        # The synonym must itself mean this first of all: `neglect` is no word for `fail`, `purchase` is one for `buy`.
        return [name for name in names if self._reader.synsets(name, pos=kind)[0] == senses[0]]


def find_wordnet() -> Path:
    """The first folder that holds WordNet as NLTK reads it. Raises EngineMissingError.

    Debian's own /usr/share/wordnet lacks `lexnames`; tools/get_wordnet.sh copies from there.
    """
    roots = [cache_folder() / "nltk_data", *map(Path, os.environ.get("NLTK_DATA", "").split(os.pathsep))]
    roots += [Path(folder) / "nltk_data" for folder in ("/usr/share", "/usr/local/share", "/usr/lib")]
    for place in [root / "corpora" / "wordnet" for root in roots if root != Path()]:
        if all((place / name).is_file() for name in ("lexnames", "data.noun", "cntlist.rev")):
            return place.resolve()
    raise EngineMissingError("WordNet is not on this machine", "Fetch it: sh tools/get_wordnet.sh")


@cache
def open_wordnet(folder: str) -> WordNetCorpusReader:
    """NLTK's reader of the WordNet in `folder`."""
    import nltk.data
    from nltk.corpus.reader.wordnet import WordNetCorpusReader

    root = str(Path(folder).parents[1])
    if root not in nltk.data.path:
        nltk.data.path.append(root)  # NLTK opens only what lies in folders that it was told of
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no multilingual WordNet: not needed
        return WordNetCorpusReader(folder, None)


def _is_plain_word(name: str) -> bool:
    """No phrase and no name."""
    return name.isalpha() and name.islower()


def _uses(sense: Synset, word: str) -> int:
    """How often the word was tagged with that sense."""
    return sum(lemma.count() for lemma in sense.lemmas() if lemma.name().lower() == word)


def _inflect(lemma: str, kind: str, tag: str) -> str:
    """The lemma in the form that `tag` names; itself where the tag names no other form."""
    if tag in ("NN", "VB", "JJ", "RB", "VBP"):
        return lemma
    from lemminflect import getInflection

    forms = getInflection(lemma, tag=tag, inflect_oov=kind in ("n", "v"))
    return str(forms[0]) if forms else lemma
