"""Where a text holds code, markup or a table, and whether it talks about markup, encodings or single characters.

Two kinds of regions, as half-open offsets: `code` is taken as it is, `layout` (XML, tables) too but for its encoding.
Inline code is one to three backticks on one line, as in CommonMark; a fence that is never closed reaches to the end.
Code without a fence is told by its lines: two or more in one paragraph that hold what prose does not (`def f(x):`,
`};`, `x == 1`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

Region = tuple[int, int]


def code_regions(text: str) -> list[Region]:
    """Fenced, inline and bare code, `<pre>` and `<code>` elements; in order, not overlapping."""
    if not _MAY_HOLD_CODE.search(text):
        return []
    found = [m.span() for pattern in (_FENCED, _INLINE) for m in pattern.finditer(text)]
    return _merged([*found, *_elements(text, lambda name: name.lower() in _CODE_ELEMENTS), *_bare_code(text)])


def layout_regions(text: str) -> list[Region]:
    """XML documents and elements that HTML does not know, tables of Markdown, of boxes and of tabs."""
    return _merged([*xml_regions(text), *_tables(text)])


def xml_regions(text: str) -> list[Region]:
    """XML documents and elements that HTML does not know."""
    found = _elements(text, lambda name: name.lower() not in HTML_ELEMENTS)
    declared = text.find("<?xml")
    if declared >= 0:
        found.append((declared, text.rfind(">") + 1))
    return _merged(found)


def holds_markup(text: str) -> bool:
    """Whether anything in `text` looks like a tag, an XML declaration or a comment; `a < b` and `<3` do not."""
    return "<" in text and _MARKUP.search(text) is not None


def topics(texts: Iterable[str]) -> frozenset[str]:
    """What the texts of a record talk about: `code`, `characters` (and their encodings), `markup`; English, Chinese."""
    return frozenset(name for text in texts for name, pattern in _TOPICS.items() if pattern.search(text))


_MAY_HOLD_CODE = re.compile(r"`|~~~|<(?:pre|code)\b|[;{}=()]|\bdef\b|#include|\bimport\b|\bSELECT\b", re.IGNORECASE)
_FENCED = re.compile(r"^[ \t>]*(`{3,}+|~{3,}+)[^\n]*\n(?:.*?^[ \t>]*\1[ \t]*$|.*)", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"(?<!`)(`{1,3})(?!`)[^\n]+?(?<!`)\1(?!`)")
_CODE_ELEMENTS = frozenset({"pre", "code"})

#: Elements of HTML: as tags around scraped prose they are dropped where `tags` says so; other names make a region of
#: XML.
HTML_ELEMENTS = frozenset(
    re.split(
        r"\s+",
        """a abbr acronym address applet area article aside audio b base basefont bdi bdo big blockquote body br
           button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl
           dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header
           hgroup hr html i iframe img input ins kbd label legend li link main map mark marquee menu meta meter nav
           noframes noscript object ol optgroup option output p param picture pre progress q rp rt ruby s samp
           script search section select slot small source span strike strong style sub summary sup table tbody td
           template textarea tfoot th thead time title tr track tt u ul var video wbr""",
    )
)
_MARKUP = re.compile(r"</?[A-Za-z][\w:.-]*(?:\s[^<>]{0,2000})?/?>|<!--|<\?xml|<!\[CDATA\[|<!DOCTYPE", re.IGNORECASE)
_MAY_CLOSE = re.compile("</|<!")
_ELEMENT = re.compile(r"<!\[CDATA\[.*?\]\]>|<(/?)([A-Za-z_][\w:.-]{0,60})((?:\s[^<>]{0,2000})?)>", re.DOTALL)


def _elements(text: str, wanted: Callable[[str], bool]) -> list[Region]:
    """Elements from their opening to their closing tag, and CDATA."""
    if not _MAY_CLOSE.search(text):
        return []
    found: list[Region] = []
    opened: defaultdict[str, list[int]] = defaultdict(list)
    for match in _ELEMENT.finditer(text):
        closes, name, rest = match.groups()
        if name is None:
            found.append(match.span())
        elif not wanted(name) or rest.endswith("/"):
            continue
        elif not closes:
            opened[name].append(match.start())
        elif opened[name]:
            found.append((opened[name].pop(), match.end()))
    return found


_DASHES = re.compile(r"[ \t>]*[|+]?(?:[ \t]*:?[-=]+:?[ \t]*[|+])+[ \t]*(?::?-+:?)?[ \t]*")


def _tables(text: str) -> list[Region]:
    """Two and more lines of cells: with bars at both ends or above a line of dashes, or with as many tabs."""
    if "|" not in text and "\t" not in text and "+-" not in text:
        return []
    found: list[Region] = []
    start, rows, shape, ruled, place = 0, 0, "", False, 0
    for line in [*text.split("\n"), ""]:
        now = _row_shape(line)
        if now != shape or not now:
            if rows > 1 and ruled:
                found.append((start, place - 1))
            start, rows, shape, ruled = place, 0, now, False
        rows += 1
        ruled |= now != "bars" or line.strip(" \t>")[:1] == "|" == line.rstrip()[-1:] or _is_dashes(line)
        place += len(line) + 1
    return found


def _row_shape(line: str) -> str:
    if "|" in line or _is_dashes(line):
        return "bars"
    tabs = line.strip("\t ").count("\t")
    return f"{tabs} tabs" if tabs else ""


def _is_dashes(line: str) -> bool:
    return ("+-" in line or "|" in line or "+=" in line) and _DASHES.fullmatch(line[:2000]) is not None


# A line of code: what begins it, or what ends it, or signs that prose does not write.
_CODE_LINE = re.compile(
    r"""
    ^\s*(?:
        (?:def|class)\ \w+.*:$
        | (?:import|from)\ [\w.]+(?:\ import\ .+|\ as\ \w+)?;?$
        | \#include\s*[<"] | \#define\  | using\ namespace | // | /\* | \*/ | \$\ \w+ | </?\w+[^<>]*>$
        | (?:public|private|protected|static|const|let|var|int|void|char|float|double|string|func|fn)
          \ [\w<>\[\],\ *&:]+\s*[=({;]
        | (?:if|for|while|switch|catch)\s*\(.*\)\s*\{?$
        | (?:if|for|while|elif|with|try|except|else)\b[^.?!]*:$
        | return\b.*[;)\w\]'"]$
        | (?:SELECT|INSERT\ INTO|UPDATE|DELETE\ FROM|CREATE\ TABLE|FROM|WHERE|GROUP\ BY|ORDER\ BY|JOIN|VALUES)
          \b.*[;,)\w*]$
        | [\w.\[\]'"]+\ [-+*/|]?=\ \S.*
        | [\w.]+\(.*\)[;,{]?$
        | [{}()\[\];,]+$
        | \w+\s*=>
        | [.\#]?[\w-]+\ \{$
        | [\w-]+:\s*[^;]+;$
    )
    | [{}]\s*$ | [)\]}"'];\s*$ | (?:=|\w\().*;\s*$ | \w\(\w*\)\.\w | && | \|\| | [=!]==?(?=\s) | ->\w | \+\+[;)] | ::\w
    """,
    re.VERBOSE,
)
_LONG_LINE = 400  # characters; longer lines are prose; a guess: not measured


def _bare_code(text: str) -> list[Region]:
    """Paragraphs with lines of code, where one of them has two."""
    found: list[tuple[int, int, int]] = []
    first, last, count, place = 0, 0, 0, 0
    for line in [*text.split("\n"), ""]:
        end = place + len(line)
        if _is_code(line):
            first, last, count = (first if count else place), end, count + 1
        elif not line.strip() or not line[0].isspace():  # an indented line goes on with the code above
            if count:
                found.append((first, last, count))
            count = 0
        elif count:
            last, count = end, count + 1
        place = end + 1
    return [(start, end) for start, end, _ in found] if any(lines > 1 for *_, lines in found) else []


def _is_code(line: str) -> bool:
    return bool(line.strip()) and len(line) < _LONG_LINE and _CODE_LINE.search(line) is not None


def _merged(regions: Sequence[Region]) -> list[Region]:
    merged: list[Region] = []
    for start, end in sorted(regions):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged


_TOPICS = {
    "code": re.compile(
        r"\b(?:python|javascript|typescript|java|sql|c\+\+|bash|powershell|regex(?:es|ps?)?|regular expressions?|latex"
        r"|json|yaml|toml|csv|nginx|apache2?|haproxy|configs?|(?:configuration|settings|log|ini|properties) files?"
        r"|log (?:line|message|entr(?:y|ie))s?|assembly (?:code|language)|assembler|x86|makefiles?|dockerfiles?"
        r"|kubernetes|terraform|cron ?tabs?|golang|php|perl|haskell|kotlin|scala|matlab|vba|graphql|protobuf"
        r"|excel formulas?"
        r"|css|command lines?|shell (?:command|script)s?|terminal|source code|code (?:snippet|block|below)s?"
        r"|(?:this|the|following|my|your) (?:code|script|snippet|command|query|function|diff|patch)"
        r"|lines? of code|stack ?traces?|traceback|compiler|git|docker|unit tests?)\b"
        r"|代码|正则|命令行|配置文件|汇编|日志|查询语句|脚本|函数|终端|报错|编程|程序"
        # what only code has: a prompt, the head of a diff, a stack trace, an environment of LaTeX
        r"|^\s*(?:\$ [a-z]|>>> |PS [a-z]:\\|@@ -\d|diff --git |traceback \(most recent)|\\begin\{",
        re.IGNORECASE | re.MULTILINE,
    ),
    "characters": re.compile(
        r"\b(?:mojibake|utf-?(?:8|16|32)|latin-?1|iso[- ]?8859|(?:cp|windows)-?125\d|gbk|gb ?2312|gb ?18030|big-?5"
        r"|shift[-_ ]?jis|unicode|charsets?|(?:character|text|file|wrong) encodings?|ftfy|code ?points?|zero[- ]width"
        r"|soft hyphens?|full-?width|half-?width|(?:non-?)?joiners?"
        r"|non-?breaking|(?<!&)nbsp|(?:control|invisible) characters?"
        r"|ligatures?|combining (?:mark|character|accent)s?|diacritics?)\b|U\+[0-9A-F]{4,6}"
        r"|乱码|字符集|编码(?:方式|格式|错误|问题)|全角|半角|零宽|不可见字符|控制字符|组合字符",
        re.IGNORECASE,
    ),
    "markup": re.compile(
        r"\b(?:x?html5?|xml|xsl|svg|jsx|markup|markdown|(?:character|named|numeric|html) entit(?:y|ies)|which entity"
        r"|entit(?:y|ies) (?:code|reference|for|name)s?|hyperlinks?|ampersands?|less-than signs?"
        r"|escap(?:e|ed|ing) (?:characters?|sequences?|codes?|in|the|it|html|an?\b))\b"
        r"|转义|字符实体|标签语言|网页(?:代码|源码)"
        # what is replaced by what is meant as it stands; after other verbs an entity is a damaged sign
        r"|(?:[把将]|换成|替换(?:成|为)?|\breplace)\s*['\"“‘]?&(?:nbsp|lt|gt|amp|copy|[lr]arr|middot|hellip|#\d{1,6});",
        re.IGNORECASE,
    ),
}
