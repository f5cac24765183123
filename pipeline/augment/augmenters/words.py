"""Words of a text, found so that everything between them can be put back exactly.

nlpaug's own tokenizer turns "don't" into "don ' t" and does not segment Chinese.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from functools import cache
from types import ModuleType

from pipeline.text.scripts import has_han

#: Addresses, mentions, tags and placeholders are one word each; so is "don't".
_WORD = re.compile(r"(?:https?://|www\.)\S+|[@#]\w+|<\w+>|\[\w+\]|\{\w+\}|\w+(?:['’\-]\w+)*")

_NEGATIONS = (
    "no not never none nobody nothing nowhere neither nor cannot without hardly barely scarcely cant wont dont didnt "
    "doesnt isnt wasnt arent werent havent hasnt hadnt couldnt wouldnt shouldnt aint"
)
#: Words that turn a statement round; no augmenter may touch, add or lose one.
NEGATIONS = frozenset(_NEGATIONS.split())
#: Their Chinese counterparts, found anywhere in a text.
NEGATIONS_ZH = re.compile("不|没|沒|无|無|非|未|别|別|勿|莫")
_NEGATED = re.compile(r"n['’]t$")


def is_negation(word: str) -> bool:
    """Whether an English or Chinese word negates."""
    lower = word.lower()
    return lower in NEGATIONS or bool(_NEGATED.search(lower)) or bool(NEGATIONS_ZH.search(word))


def is_fixed(word: str) -> bool:
    """Whether augmenters must leave the word alone: negations, numbers, addresses, tags, placeholders."""
    return is_negation(word) or any(c.isdigit() for c in word) or not word[0].isalpha() or "://" in word


def word_spans(text: str) -> list[tuple[int, int]]:
    """Where the words are, as `[start, end)`; Chinese is segmented by jieba."""
    spans: list[tuple[int, int]] = []
    for match in _WORD.finditer(text):
        start = match.start()
        for part in _segment(match.group()) if has_han(match.group()) else [match.group()]:
            spans.append((start, start + len(part)))
            start += len(part)
    return spans


class Weaver:
    """nlpaug's pair of tokenizer and reverse tokenizer for one text at a time.

    Words are tokens and the gaps between them are remembered; with `glue`, each gap stays
    attached to the word before it, so that words may be deleted.
    """

    def __init__(self, glue: bool = False) -> None:
        self.glue = glue
        self.words: list[str] = []
        self.gaps: list[str] = [""]

    def split(self, text: str) -> list[str]:
        """The tokens of `text`. `words` and `gaps` (one more than words) then describe it."""
        spans = word_spans(text)
        self.words = [text[start:end] for start, end in spans]
        edges = [0, *(edge for span in spans for edge in span), len(text)]
        self.gaps = [text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]
        if not self.glue or not self.words:
            return list(self.words)
        glued = [word + gap for word, gap in zip(self.words, self.gaps[1:], strict=True)]
        return [self.gaps[0] + glued[0], *glued[1:]]

    def join(self, tokens: Sequence[str]) -> str:
        """The text with these tokens in place of those that `split` gave."""
        if self.glue:
            return "".join(tokens).strip()
        pairs = zip(tokens, self.gaps[1:], strict=True)
        return self.gaps[0] + "".join(token + gap for token, gap in pairs)


def _segment(text: str) -> list[str]:
    return [str(word) for word in _jieba().lcut(text)]


@cache
def _jieba() -> ModuleType:
    import jieba

    module: ModuleType = jieba
    module.setLogLevel(logging.WARNING)
    return module
