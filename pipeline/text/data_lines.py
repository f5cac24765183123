"""Single lines of data, configuration, assembler, logs and the like, which nothing marks as code but their form.

Beside code_lines.py, which knows statements and commands. Each form has something that prose does not write: a key in
lower case before a value that is no sentence, fields without spaces after their commas, a register, a time and a level.
Two lines of keys or of as many fields in one paragraph count whatever their values say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.text.scripts import HAN


def data_lines(lines: Sequence[str], about_code: bool) -> Iterator[int]:
    """Numbers of the lines of data. `about_code`: the text says that it holds code, so only sentences are none."""
    for first, last in _paragraphs(lines):
        block = lines[first:last]
        keyed = about_code or sum(_KEY.match(line) is not None for line in block) > 1
        fields = [_fields(line) for line in block]
        for place, line in enumerate(block):
            beside = fields[max(0, place - 1) : place] + fields[place + 1 : place + 2]
            is_row = fields[place] > 1 and fields[place] in beside
            if is_row or _is_data(line, keyed) or (about_code and _is_no_sentence(line)):
                yield first + place


def is_sentence(text: str) -> bool:
    """Whether words stand in it as in a sentence: four and more, with a small word among them or a mark at the end."""
    if len(re.findall(rf"[{HAN}]", text)) > 7:
        return True
    return len(text.split()) > 3 and _SENTENCE.search(text) is not None


def _paragraphs(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    first = 0
    for place, line in enumerate([*lines, ""]):
        if not line.strip():
            if place > first:
                yield first, place
            first = place + 1


_SENTENCE = re.compile(
    r"\b(?:the|an?(?=\s[a-z]{2})|of|is|are|was|were|be|that|this|these|it|its|you|we|he|she|they|your|my|his|her"
    r"|our|their|which|who"
    r"|so|will|have|has|had|do|does|not|but|because|please)\b|(?<!\.)[.!?]['\"”)]?\s*$"
)
_KEY = re.compile(
    r"\s*(?:[-+]\s+)?(?:[a-z_$@][\w.$/-]*|[A-Z][A-Z0-9_]+|\"[^\"\n]{1,60}\"|'[^'\n]{1,60}')"
    r"\s?(?::(?=\s|$)|=(?!=))(?!\s*//)"
)
_KEYS_OF_PROSE = re.compile(
    r"\s*(?:[-+]\s+)?(?:note|ps|nb|tip|hint|warning|answer|question|todo|edit|update)s?:", re.IGNORECASE
)


def _is_data(line: str, keyed: bool) -> bool:
    if line.rstrip().endswith(("。", "！", "？")):
        return False
    if _FORM.search(line):
        return True
    key = _KEY.match(line)
    if key is None or _KEYS_OF_PROSE.match(line):
        return False
    value = line[key.end() :].strip()
    return bool(value) and (keyed or value[0] in "\"'[{|>&*!" or not is_sentence(value))


_CODE_SIGN = re.compile(r"[=<>{}\[\]|;$\\_]|\w\(|::|\w[,/]\w|--\w")


def _is_no_sentence(line: str) -> bool:
    """Whether a line has signs of code, and is no sentence."""
    return _CODE_SIGN.search(line) is not None and not is_sentence(line)


_THOUSANDS = re.compile(r"\d,\d{3}\b")


def _fields(line: str) -> int:
    """How many fields a line of separated values has; 0 where it is none: a separator with a space behind is prose."""
    line = line.rstrip()
    if line.endswith((".", "!", "?", ",,,")) or _THOUSANDS.search(line):
        return 0
    for sign in ",;":
        cells = line.split(sign)
        empty = sum(not cell.strip() for cell in cells)
        if len(cells) > 1 + empty and not any(cell.startswith(" ") or len(cell) > 80 for cell in cells[1:]):
            return len(cells)
    return 0


_REGISTER = (
    r"(?:[er]?[abcd]x|[abcd][lh]|[er]?(?:si|di|sp|bp|ip)|r\d{1,2}[dwb]?|[xyz]mm\d+|[xwsvd]\d{1,2}|\$[a-z]\w?|%[a-z]\w*"
    r"|\$?0x[0-9a-f]+|[#$]-?\d+|\[[^\]\n]*\]|'.{1,4}')"
)
_MNEMONIC = (
    r"(?:c?mov\w{0,3}|lea[qlw]?|push\w?|pop\w?|x?add[iuqlsw]{0,2}|subs?[qliw]?|i?mul\w?|i?div\w?|x?or[riqlb]?|and[siqlb]?|not"
    r"|neg|cmp\w?|test\w?|s[ha][lr]\w?|ldr\w?|str\w?|l[wbd]|s[wbd]|li|la|bl?x?|beq|bne|j\w{1,3}|call\w?|int|tst|inc|dec|xchg)"
)
_DIRECTIVES = (
    r"(?:Rewrite(?:Rule|Cond|Base|Engine)|Redirect(?:Match)?|DocumentRoot|Server(?:Name|Alias|Admin|Root)|AddType"
    r"|SetEnv(?:If)?|(?:Request)?Header\s(?:set|add|always|append)|ProxyPass\w*|ErrorDocument|LogFormat|CustomLog|ErrorLog|LoadModule"
    r"|Listen\s\d|Require\s(?:all|not|ip|host|user|valid)|AllowOverride|AuthName|AuthType|DirectoryIndex"
    r"|Exec\w+=|Environment=)"
)
_LEVEL = r"(?:ERROR|WARN(?:ING)?|INFO|DEBUG|TRACE|FATAL|CRITICAL|NOTICE|SEVERE)"
#: Forms of one line, each told by what prose does not write. Entities are signs by now, a quote is `'`.
_FORM = re.compile(
    "|".join(
        (
            # values between commas, semicolons, bars: all quoted; three, one of them a number; a number before a name
            r"""^\s*['"][^'"\n]*['"](?:[,;\t|]['"]?[^'"\n]*['"]?)+\s*$""",
            r"^\d+[,;][^\d\s]",
            r"""^(?=(?:[^,\n]*,){2})(?![^\n]*\d,\d{3}\s)(?:[^,\n]{0,40},(?!\s))*(?:['"]|[-+]?\d[\d.:/-]*(?=,"""
            r"""|\s*$))(?![^\n]*,\s)[^\n]*(?<![.!?])$""",
            r"^(?=(?:[^;\n]*;){2})(?:[^;\n]{0,40};(?!\s))*[-+]?\d[\d.,:/-]*(?=;|\s*$)(?![^\n]*;\s)[^\n]*$",
            r"^[^|\s][^|\n]{0,60}(?:\|[^|\s][^|\n]{0,60}){2,}$",
            # assembler
            rf"^\s*(?:\w+:\s*)?{_MNEMONIC}\s+(?:(?:byte|d?q?word)\s+"
            rf"|[\w.\[\]+*-]+(?:\s?ptr\s\S+)?,\s*)*{_REGISTER}(?![\w'])",
            rf"^\s*(?:\w+:\s*)?{_MNEMONIC}\s+(?:{_REGISTER},|\.\w|[\w.]+\s*;)",
            r"""^\s*(?:\w+:?\s+)?(?:d[bwdq]|equ|res[bwdq])\s+['"\d]""",
            r"^\s*(?:section|segment|global|extern)\s+[._]\w",
            r"^\s*\.(?:ascii|asciz|string|byte|word|long|quad|globl?|section|text|data|bss|align|equ|macro"
            r"|org)\b",
            # configuration of servers and containers, build files, blocks in braces
            rf"^\s*{_DIRECTIVES}(?!\s&)\s*\S",
            r"^\s*[a-z]+(?:_[a-z]+)+\s+(?!(?:is|are|was|has|and|or|will|can|does|should|must"
            r"|means?)\b)\S[^.!?]*;?\s*$",
            r"\{\s*$",
            r"^\s*[}\])]+[,;]?\s*$",
            r"(?:^|\s)\{[^{}\n]*(?:[;=(]|->)[^{}\n]*\}\s*(?:$|#|//|/\*)",
            r'^\s*[\w"-]+(?:\s+"[^"\n]*")+\s*\{',
            r"^\s*FROM\s\S+[:/]\S+",
            r'^\s*(?:LABEL|ARG|EXPOSE|VOLUME|USER|HEALTHCHECK|ONBUILD|SHELL)\s\S*[="\[/\d-]',
            r"^[\w.%/$()-]+\s*[:?+]?:=",
            r"^[\w.%/-]+\s?:\s(?:[\w./%-]+\.\w+\s?)+",
            r"\$[@<^*](?!\w)",
            r"\$\([\w.-]+\)",
            r"^\s*[%]?\w*%\w+%",
            r"^[a-z-]+:\s[^;\n]+;\s*$",
            # LaTeX, graphs
            r"\\\\\s*(?:$|\\hline)",
            r"\s\\\\\s",
            r"&=",
            r"=&",
            r"\\[a-zA-Z]+\*?(?:\[[^\]\n]*\])?\{",
            r"[\w\])}]\s*-{2,}>\s?(?:\|[^|\n]*\|\s?)?\w",
            # logs, HTTP, query strings, calendars
            r"""^\d{1,3}(?:\.\d{1,3}){3}\s.*(?:\[\d|['"])""",
            r"^[A-Z][a-z]{2}\s+\d+\s\d\d:\d\d:\d\d\s\S+\s\S+:",
            rf"\b\d\d:\d\d:\d\d\S*\s.*\b{_LEVEL}\b",
            rf"^\s*\[?{_LEVEL}\]?(?::|\s+[\[(|-]|(?<=\]))\s*\S",
            r"""^\s*(?:[\w./-]*[a-z][\w./-]*:\d+(?::\d+)?:|(?:fatal\s|npm\s)?(?:error|ERR!)(?:\[\w+\])?:|(?:panic"""
            r"""|fatal):|warning:.*['"]|[VDIWEF]/[\w.]+\s?(?:\(\s*\d+\))?:)\s*\S""",
            r"""^(?:[^\s=]+=(?:'[^'\n]*'|"[^"\n]*"|\S+)\s+)+[^\s=]+=\S""",
            r"^\s*(?:GET|POST|PUT|DELETE|HEAD|PATCH|OPTIONS)\s(?:/|https?:)",
            r"\bHTTP/\d",
            r"^\s*(?:[A-Z][A-Za-z]*(?:-[A-Z][A-Za-z]*)+|Cookie|Referer|Authorization|ETag):\s\S",
            r"^[^\s:/]*\w=[^\s&]*(?:&[\w.\[\]%-]+=[^\s&]*)+\s*$",
            r"^(?:FN|N|ORG|SUMMARY|DESCRIPTION|DTSTART|DTEND|BEGIN|END|TEL|ADR|LOCATION|UID)[;:]\S",
            # SQL by its clauses
            r"^\s*(?:WHERE|(?:LEFT\s|RIGHT\s|INNER\s|OUTER\s|FULL\s)*JOIN|HAVING|AND|OR|ON|SET|VALUES|WHEN|CASE"
            r"|ORDER\sBY|GROUP\sBY)\s.*(?:[=<>(]|\bTHEN\b|\w\.\w|\bLIKE\b|\sIN\s|\sIS\s)",
            r"^\s*WITH\s\w+\sAS\s\(",
            r"^\s*(?:(?i:update\s\w+\sset\s|insert\sinto\s|delete\sfrom\s\w+\s|create\s(?:unique\s)?(?:table"
            r"|view|index)\s\w+\s|alter\stable\s|drop\stable\s|grant\s\w+.*\son\s.*\sto\s))",
            # other languages
            r"^\s*\((?:def\w*|let\*?|lambda|if|cond|setq|setf|print(?:ln)?|format|concat|str|map|filter|reduce"
            r'|car|cdr|cons|ns|require|fn|when|unless|and|or|display|begin)\s.*[("].*\)\s*$',
            r"""^\s*[\w.\[\]]+\s=\s.*["']""",
            r"^\w+\s::\s\S",
            r"^\s*[\w.\[\]*]+\s?(?::=|\|=|&=|\+=|-=|\*=|<<=|>>=|\^=|\?=|\?\?=)\s*\S",
            r"^\s*(?:Dim\s\w|MsgBox\s|End\s(?:If|Sub|Function)|Set\s\w+\s=)",
            r"\b(?:[Tt]hen|THEN)\s*$",
            r"^\s*(?:local|my|our)\s[$@%]?\w+\s*=",
            r"^=\s?\(?\$?[A-Z]{1,3}\$?\d",
            r"^\s*(?:set|SET)\s+(?:/\w\s)?\w+=",
            r"\^&",
            r"^\s*(?:REM|@echo)\s",
            r"^\s*(?://|/\*|\*/|<!--)",
            r"^\s*(?:#|--|;+|%)\s.*\w\s?(?:[<>=!]=?|&&|->)\s?\w",
            r"^\s*(?:return|yield)\s[\w.]{1,3}\s?[&|<>=+*/%^-]{1,2}\s?\w",
            r"->\s*\w+\(",
            r"\)\s*=>",
            r"""['"\w]['"]\s*=>""",
            r":\w+\s*=>",
            r"^\s*\|>",
            r"%>%",
            r"^[a-z./~].*\s&\s*$",
            r"\d?>&\d",
            r"\s\|\s?(?:grep|sort|awk|sed|head|tail|wc|xargs|tee|less|uniq|cut|tr|jq|sh|bash|python3?)\b",
            r"&&",
            r"^\s*(?:for|foreach|if|while|switch)\s?\(.*[<>=:;&].*\)\s*$",
            r"""['"]\)\.\w+""",
            r";\s*(?:do|then)\s*$|;\s*(?:done|fi)\b",
            r"[<>]\(",
            r"^\.[A-Z]+:\s",
            r"\\\w+\s->\s",
            r"^\s*(?:Sub|Function)\s\w+\(",
            r"^\s*(?:Debug\.Print|Console\.Write\w*)\b",
            r"&\s(?:echo|del|pause|exit|start|cd|dir)\b",
            r"\w\s?<<=?\s?\w",
            r">>\s*\w+;",
            r"\)\s*//",
            r"\{\s*\|\w",
            r"\w\[\w+\s?[<>=]",
            r"^\s*assert\s\w+\s?[<>=!]",
            r"^\s*@(?:media|import|keyframes|font-face|include|mixin|supports)\b",
            r"^\s*@\w+\{",
            r"^#[A-Z][A-Z-]+:",
            r"^\s*[a-z][\w.+-]*(?:\s[\w./:-]+)*\s--?[a-zA-Z][\w-]*(?:[=\s]|$)",
            r"\b\w+\s:=\s",
            r"""^\s*:?[a-z_]\w*:\s*['"]""",
            r"^\s*'[^'\n]{1,60}'\s*:\s*\S",
        )
    )
)
