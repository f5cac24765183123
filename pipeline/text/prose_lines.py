"""Which lines are prose: told by what a sentence is, in languages with and without spaces, not by what code looks like.

A line of prose begins like a sentence and holds words in a row with a small word among them (`the`, `is`, `don't`;
Chinese: characters with Chinese punctuation, or with 的, 是, 了 and the like). Lines come as they would be read once
repaired, with entities as signs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.text.prose_tokens import is_code, is_odd, is_word, tokens
from pipeline.text.scripts import CJK, HAN, NO_LATIN


def is_prose_line(line: str, before: str = "") -> bool:
    """Whether a line, its entities as signs, holds a sentence. `before`: the line of prose above it, if any."""
    marker, rest = _split(line)
    if not _FIRST.match(rest) or _BLOCK.match(line):
        return False
    if marker.isspace() and rest[:1].islower() and not _is_open(before):
        return False
    found = tokens(rest)
    return not _is_row(rest, found) and _holds_sentence(rest, found, before)


def is_plain_line(line: str) -> bool:
    """Whether a line is plain words, numbers and their punctuation alone: no key, no row of values, no sign of code."""
    _, rest = _split(line)
    if _KEY.match(rest) or _ROW.search(rest) or _BLOCK.match(line) or _STATEMENT_END.search(rest):
        return False
    strange = is_code if len(_HAN.findall(rest)) > 1 else is_odd
    return not any(strange(token) for token in tokens(rest))


def holds_code(text: str) -> bool:
    """Whether a token of code stands in `text`, a sentence with its entities as signs, or a command that it names."""
    found = tokens(_split(text)[1])
    if any(command in _COMMANDS for command in _INTRODUCED.findall(text)):
        return True
    return any(is_code(token) and not is_comparison(found, n) for n, token in enumerate(found))


def is_comparison(found: Sequence[str], n: int) -> bool:
    """Whether token `n` compares as prose does, `under < 5`: a number behind, a word or a number before."""
    if found[n] not in ("<", ">") or not 0 < n < len(found) - 1:
        return False
    before = found[n - 1]
    return found[n + 1][:1].isdigit() and (before.isdigit() or (len(before) > 2 and is_word(before)))


#: A list's marker, a heading, a quotation: what may stand before a sentence. One `#` may begin a comment, ` *` goes on.
_START = re.compile(
    r"(?! \*)[ \u3000]{0,3}(?:(?:[-*•·●◦▪]|\d{1,3}[.)]|\(?\d{1,3}\)|[a-zA-Z][.)]|#{2,6}|>)[ \t]+|\d{1,3}、)?"
)
_FIRST = re.compile(rf"[\"'“‘«„(（《「『【*¿¡\ufdd0-\ufdef]{{0,4}}[^\W_]|[{CJK}]")
#: An indented line is code, in Markdown. ` * ` goes on with a comment, three quotes begin a docstring.
_BLOCK = re.compile(r" \* |(?: {4}|\t)[ \t]*(?![-*•·●◦▪] |\d{1,3}[.)] )\S|\s*(?:\"{3}|'{3})|\s*\S.*\t")
#: `key:`, `"any key":`, `KeyError:`, `x =`, `E0412:`, `1 NOTE The`, `("a", 3)`; `Note:` is none.
_KEY = re.compile(
    r"""['"]?[a-z_$][\w.$/-]*['"]?\s?[:=](?=\s|$)|[A-Z][a-z]+[A-Z][A-Za-z]*:\s|['"][^'"]{1,60}['"]\s?[:=]"""
    r"""|\w+\s?=(?!=)|[A-Z]{1,8}[-_]?\d{3,}[A-Z]?:\s|\d+\s[A-Z_]{3,5}\s(?=[A-Z])"""
    r"""|[(\[]["'].*["'],\s*(?:["'\d\[({]|True|False|None|true|false|null)"""
    # Scenarios of tests (a prompt's ends in a stop), results of tests and builds, commits, apt, headers.
    r"""|(?:Feature|Scenario(?: Outline)?):\s(?!.*[.!?]\s*$)|(?:not\s)?ok\s\d+\s-\s|BUILD\s(?:FAILED|SUCCESSFUL)"""
    r"""|BREAKING CHANGE:|E:\s|X-[A-Z][\w-]*:\s"""
)
_ROW_OF_VALUES = re.compile(r"""^["'].*["'][,;]["']|["'],["']|(?<!\d),\d[\d.]*,(?!\d{3})""")
#: Separators with no space behind: `a,b`, `a;b`, but not 1,000.
_ROW = re.compile(
    r"""[^\s\d][,;](?=[^\s"'”’)])|\d[,;](?=[^\W\d])|\d,(?!\d{3}(?!\d))\d|['"][,;](?=\S)|(?:,\s?-?\d[\d.]*){2}(?=,|$)|\t|\|"""
)
_SENTENCE_END = re.compile(r"""[.!?…]["'”’»)*]*\s*$""")
#: `f('a');`, `insert a;`; items of a list of prose end in `;` too.
_STATEMENT_END = re.compile(r"""["')\]]\s?;\s*$|^[a-z].*;\s*$""")
#: An end that waits for more; a bar between cells.
_OPEN_END = re.compile(r"[;{}\[=\\|<>&+/]\s*$|\s\|\s")


def _split(line: str) -> tuple[str, str]:
    """What stands before a sentence, and the rest; an item of a list may end in `;`."""
    start = _START.match(line)
    if start is None:
        return "", line
    rest = line[start.end() :]
    return start[0], rest.rstrip().removesuffix(";") if start[0].strip() else rest


def _is_row(rest: str, found: Sequence[str]) -> bool:
    """Whether a line begins with a key or a token of code, or holds a row of values."""
    if _KEY.match(rest) or _ROW_OF_VALUES.search(rest):
        return True
    return bool(found) and is_code(found[0]) and not _HAN.match(rest)


def _holds_sentence(rest: str, found: Sequence[str], before: str) -> bool:
    if _is_han_prose(rest) or _is_foreign_prose(rest):
        return True
    return _is_spaced_prose(rest, found, before) and not _is_argument(rest)


def _is_spaced_prose(rest: str, found: Sequence[str], before: str) -> bool:
    """Languages that write spaces: enough words, some of them small, and the beginning or the end of a sentence."""
    words = [token for token in found if is_word(token)]
    small = sum(_small(word) for word in words)
    if not small or _OPEN_END.search(rest) or not _are_mostly_words(found, len(words)):
        return False
    if (rest.lstrip(_QUOTES)[:1] or " ").isupper():
        return True
    return small > 1 and found[0] not in _STATEMENTS and _goes_on_or_ends(rest, found, len(words), before)


def _are_mostly_words(found: Sequence[str], words: int) -> bool:
    return words > 2 and words * 2 >= len(found) and not is_odd(found[0]) and sum(map(is_word, found[:3])) > 1


def _goes_on_or_ends(rest: str, found: Sequence[str], words: int, before: str) -> bool:
    """Whether a line in small letters goes on with the sentence above, ends one, or is a long row of words."""
    if _is_open(before) or _SENTENCE_END.search(rest):
        return True
    return words > 5 and not any(map(is_odd, found)) and _HEADED.match(rest) is None


def _is_argument(rest: str) -> bool:
    """Whether the sentence stands in quotes alone, behind a command: `www IN TXT "the cat is here"`."""
    outside = tokens(_CLOSER.sub("", _QUOTED.sub(" ", rest))) if _QUOTED.search(rest) else []
    if any(_small(word) and not word.isupper() for word in outside):
        return False
    return bool(outside) and _COMMAND.fullmatch(outside[0]) is not None


def _is_open(before: str) -> bool:
    """Whether a sentence of the line above may go on."""
    return bool(before) and not before.rstrip().endswith((":", "：", ".", "!", "?"))


_QUOTED = re.compile(r"""(?<!\w)"[^"]+"|(?<!\w)'.+'(?!\w)""")
_COMMAND = re.compile(r"[a-z\d].*|[A-Z]{2,}")
_CLOSER = re.compile(r"\s(?:do|then|as\s\w+)\s*$")
#: `title The plan of the week`: a line in small letters in which a title begins.
_HEADED = re.compile(r"(?:[a-z]\S*\s|[A-Z]\s){1,4}(?:The|A|An|It|It['’]s|This|Our|Your|What|How|Why)\s")
_QUOTES = "\"'“‘«„([*¿¡"


def _is_han_prose(rest: str) -> bool:
    han = len(_HAN.findall(rest))
    signs = len("".join(rest.split()))
    if han < 6 or han * 5 < signs * 2:
        return False
    return _HAN_SIGN.search(rest) is not None or len(_HAN_SMALL.findall(rest)) > 1


def _is_foreign_prose(rest: str) -> bool:
    """Scripts other than Latin and Chinese: code is not written in them."""
    letters = len(_FOREIGN.findall(rest))
    return letters > 9 and letters * 2 > len("".join(rest.split()))


def _small(word: str) -> bool:
    word = word.replace("’", "'").lower()
    return word in _SMALL or _CONTRACTION.search(word) is not None


_HAN = re.compile(f"[{HAN}]")
_HAN_SIGN = re.compile("[，。！？；：、“”《》（）…—]")
_HAN_SMALL = re.compile("[的了是在我你他她它们这那和就都也有不把被吗呢吧很]")
_FOREIGN = re.compile(f"[{NO_LATIN}]")
_CONTRACTION = re.compile(r"(?:n't|'(?:s|re|ve|ll|d|m))$|^(?:[cdjlmnst]|qu)'\w")
#: English; then German, French, Spanish, Italian, Portuguese, Dutch.
_SMALL = frozenset(
    re.split(
        r"\s+",
        """the a an of is are was were be been that this these those it its i you we he she they them him her your my
           his our their which who what why how when where so will would can could should have has had do does did not
           but because please and or if to in on at by for from with as there than then about some any into no all
           der die das und ist nicht ein eine mit den von zu auf für sich dem des im es ich sie wir war hat aber weil
           le la les est et une un dans que qui pour pas sur ne je il elle nous vous du au en ce où el los las y una
           por con para del se lo como más su che di è per non sono della gli più ma si os um uma não é do da em com
            você het een van niet dat zijn voor maar ook""",
    )
)
#: Commands that are no words of prose; words that lines of code begin with.
_COMMANDS = frozenset(
    re.split(
        r"\s+",
        """git svn cp mv rm ls cd curl wget grep sed awk echo printf sudo docker kubectl helm npm npx yarn pip pip3 brew
           ssh scp chmod chown tar cmake gcc python python3 cat mkdir""",
    )
)
_STATEMENTS = _COMMANDS | frozenset(
    re.split(
        r"\s+",
        """apt make set alias export if for while let var const return print puts call select insert update delete
           create drop grant use import from def class function case end""",
    )
)
_INTRODUCED = re.compile(rf"(?:[:：{HAN}]\s?|\b(?:[Rr]un|[Uu]se|[Tt]ype|[Ee]nter|[Ee]xecute|[Tt]ry)\s)([a-z]+\d?)\s")
