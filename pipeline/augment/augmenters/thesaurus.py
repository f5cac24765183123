"""Synonyms from a plain list, for languages that WordNet does not cover: one group of words a line."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.core.errors import PipelineError

#: Lists that come along, by language.
SHIPPED = {"zh": Path(__file__).with_name("synonyms_zh.txt")}
_BETWEEN = re.compile(r"[\s,;，；、]+")


class Thesaurus:
    """What nlpaug asks of a word dictionary: `pos_tag(tokens)` and `predict(word)`."""

    def __init__(self, path: Path, where: str) -> None:
        self._synonyms: dict[str, list[str]] = {}
        for words in _groups(path, where):
            for word in words:
                known = self._synonyms.setdefault(word.lower(), [])
                known += [other for other in words if other.lower() != word.lower() and other not in known]

    def pos_tag(self, tokens: list[str]) -> list[tuple[str, str]]:
        """Tokens as they are: groups hold words of one part of speech."""
        return [(token, "") for token in tokens]

    def predict(self, word: str, pos: str | None = None) -> list[str]:
        """The other words of the word's groups, whatever its case."""
        return self._synonyms.get(word.lower(), [])


def open_thesaurus(lang: str, path: str | None, where: str) -> Thesaurus | None:
    """The list at `path`, else the one that comes along for `lang`, else None."""
    if path is None and lang not in SHIPPED:
        return None
    return Thesaurus(Path(path) if path else SHIPPED[lang], where)


def _lines(path: Path, where: str) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except OSError as error:
        raise PipelineError(
            f"{where}: {path}: {error.strerror}.", "Name a text file with one group of words a line."
        ) from None
    except UnicodeDecodeError as error:
        raise PipelineError(f"{where}: {path} is not UTF-8 (byte {error.start}).", "Save it as UTF-8.") from None


def _groups(path: Path, where: str) -> list[list[str]]:
    groups = []
    for number, line in enumerate(_lines(path, where), 1):
        words = [word for word in _BETWEEN.split(line.strip()) if word]
        if not words or words[0].startswith("#"):
            continue
        if len(words) < 2:
            raise PipelineError(f"{where}: {path}:{number}: '{words[0]}' stands alone.", "A group needs two words.")
        groups.append(words)
    return groups
