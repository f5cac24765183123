"""Code that stands in a text by itself: one line, or a piece of one, without a fence or backticks.

For texts that may be about code (chat, QA, records that say so); elsewhere two lines are asked for (code_regions.py),
since a line of scraped prose may look like one. Lines are told by what prose does not write: a prompt, an assignment
of a call, the head of a diff, a frame of a stack trace; pieces are calls, regular expressions, formulas, paths and
placeholders of templates. Entities count as the signs that they are, so that `a &amp;&amp; b;` is read like `a && b;`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.text.data_lines import data_lines
from pipeline.text.scripts import HAN

Region = tuple[int, int]


def single_code(text: str, about_code: bool = False) -> list[Region]:
    """Lines and pieces of code, as half-open offsets; they may overlap.

    `about_code`: the record says that it is about code, so that a line with a sign of it counts if it is no sentence.
    """
    if not _MAY_HOLD.search(text):
        return []
    found = [match.span() for pattern in _PIECES for match in pattern.finditer(text)]
    found += [match.span() for match in _CALL.finditer(text) if _is_call(match)]
    found += [match.span() for match in _RUN.finditer(text) if len(_REGEX_SIGN.findall(match[0])) > 1]
    return [*found, *_lines(text, about_code)]


_MAY_HOLD = re.compile(r"""[()\[\]{}\\/$>@=:,;"'|]|^\+""", re.MULTILINE)
_ENTITY = re.compile(
    r"&(?:(?P<amp>amp)|(?P<lt>lt)|(?P<gt>gt)|quot|apos|#\d{1,6}|#x[0-9a-f]{1,5}|\w{2,8});", re.IGNORECASE
)

_RUN = re.compile(r"[!-~]{4,400}")  # signs without a space; Chinese around them is none of it
_REGEX_SIGN = re.compile(
    r"\\[dDwWsSbB]|\(\?[:=!<P]|\[\^|[\])][+*?{]|\.[*+]|\{\d+,\d*\}|\(\w+(?:\|\w+)+\)|^/?\^|\$(?:/[a-z]*)?$"
)
_CALL = re.compile(
    r"(?<![\w.$])(?P<name>[A-Za-z_$][\w$]*(?:(?:\.|::|->)\w+)*!?)\((?P<inside>(?:[^()\n]|\([^()\n]{0,300}\)){0,300})\)"
)
_QUOTED = re.compile(r""""[^"\n]*"|'[^'\n]*'|`""")

_PIECES = (
    # formulas of LaTeX, environments
    re.compile(r"\$\$[^$]{1,2000}\$\$|\$(?=[^$\n]{0,200}[\\^_{])[^$\n]{1,400}\$|\\\([^\n]{1,400}?\\\)"),
    re.compile(r"\\\[.{1,2000}?\\\]|\\begin\{(?P<name>\w+\*?)\}.{0,4000}?\\end\{(?P=name)\}", re.DOTALL),
    # paths: /a/b, ~/a, ./a/b, C:\a b\c
    re.compile(r"(?<![\w:/.?=&~])(?:~|\.{1,2})?/(?:[A-Za-z0-9_.@%+&;,=-]+/)+[A-Za-z0-9_.@%+&;,=-]*"),
    re.compile(r"""(?<!\w)(?:[A-Za-z]:\\|\\\\\w)(?:[^\\\n"'<>|*?]{1,80}\\)*[^\s\\"'<>|*?，。；]*"""),
    re.compile(r"\b[A-Z]\w*(?:<|&lt;)[A-Za-z][\w, ]*(?:>|&gt;)(?:\s\w+ = new \w+(?:<|&lt;).*?;)?"),
    # remotes, placeholders of templates, a substitution of sed and Perl
    re.compile(r"(?<![\w.-])[\w.-]{1,64}@[\w-]+(?:\.[\w-]+)+:[\w~/][\w./~-]*"),
    re.compile(r"\{\{[^{}\n]{1,200}\}\}|\{%[^\n]{1,200}?%\}|\$\{[^{}\n]{1,200}\}"),
    re.compile(r"(?<![\w/])(?:s|y|tr)/[^/\n]{1,80}/[^/\n]{0,80}/[a-z]{0,5}(?![\w/])"),
)


def _is_call(match: re.Match[str]) -> bool:
    """Prose writes `file(s)` and `Smith(2004)`: a call has a dotted or underscored name, or quotes inside."""
    return bool(re.search(r"\.|::|->|_|!", match["name"])) or _QUOTED.search(match["inside"]) is not None


_PROMPT = (
    r"(?:\$|>>>|❯|➜|In\ \[\d+\]:|PS\ [A-Za-z]:\\[^>\n]*>|[A-Za-z]:\\[^>\n]*>|[\w.-]+@[\w.-]+[:\ ]?[^$\#\n]{0,60}[$\#]"
    r"|(?:mysql|sqlite|irb[^>\n]*|\w{1,20}=[\#>])>?)"
)
_COMMAND = (
    r"(?:git|svn|cp|mv|rm|ls|cd|curl|wget|e?grep|rg|sed|awk|echo|printf|export|sudo|docker|kubectl|helm|npm|npx|yarn|pnpm"
    r"|pip3?|apt|apt-get|yum|dnf|brew|ssh|scp|rsync|chmod|chown|tar|gzip|unzip|cmake|gcc|g\+\+|python3?|rustc|javac?|mvn"
    r"|gradle|ffmpeg|nohup|openssl|tmux|bazel|pytest|poetry|journalctl|adb|ansible(?:-\w+)?|mkdir|ps|psql|mysql|sqlite3|conda|systemctl|perl|xargs|ln|uniq|terraform|aws|gcloud|iconv|xmllint|jq)"
)
_WORD = (
    r"(?:make|find|head|tail|go|sort|touch|kill|source|cat|diff|patch|tee|node|cargo|env|ruby)"  # words of prose too
)
#: What prose does not write behind a command: an option, a pipe, a path, a variable; behind a rare word, quotes.
_ARGUMENT = r"""(?=[^\n]*(?:\s--?[a-zA-Z]|\||&&|\s[~.]{0,2}/\w|\$\w))"""
_RARER = r"""(?=[^\n]*(?:["*=@]|(?<=\s)'|[<>]\s?\w))"""
_STATEMENT = re.compile(
    rf"""
    ^\s*(?:
        {_PROMPT}\s+\S
        | (?:\.{{1,2}}|~)/\w | (?:if|while|until)\s\[\[?\s | <\?php\b
        | [\w-]+\#\s | \#!/ | \#(?:define|include|if|pragma)\b
        | (?:[\d*/,-]+\s+){{5}}\S
        | [\w.]+\s<-\s
        | (?:import|from)\s[\w.]+(?:,\s\w+)*\s*(?:$|\#|import\s|as\s)
        | (?:function|fn|func|def)\s+\w+\(.*\)
        | [A-Z][a-z]+-[A-Z]\w+\s.*\s-\w
        | [\w.\[\]$]+\s=\s[\w.]+\s?[&|<>*/+?-]\s?\w
        | @\w[\w.]*\(.*\)$
        | (?:let|const|var|val|auto|static|public|private|int|char|float|double|bool|string)\s[^.]*=[^=]
        | [\w.\[\]'"$@]+\s?(?:[-+*/|:&]?=)(?!=)\s?\S*(?:["'`\[{{]|\w\()
        | =[A-Z][A-Z.]+\(
        | (?:print|raise|throw|assert|return|yield)\b[^.\n]*(?:["'(]|==)
        | (?:puts|echo|console\.log|printf)\b.*["'(]
        | (?:SELECT\s.+\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|(?:CREATE|ALTER|DROP)\s+TABLE\s)
        | select\s[\w*,.\ ]+\sfrom\s\w+(?:\s+where\b.*[=<>]|\s*;)
        | [.\#@:\w][\w:.\#\ >,-]*\{{[^{{}}]*:[^{{}}]*\}}\s*$
        | (?:RUN|CMD|COPY|ADD|ENV|ENTRYPOINT|WORKDIR)\s[^\n]*(?:["'\[/=]|&&|--)
        | (?:export\s+|set\s+)?[A-Z][A-Z0-9_]{{2,}}=\S
        | [{{\[].*"[^"\n]{{1,60}}"\s*:.*[}}\]],?\s*$
        | "[^"\n]{{1,60}}"\s*:\s*(?:["\[{{\d]|true|false|null).*
        | \[?\d{{4}}-\d\d-\d\d[T\ ]\d\d:\d\d\S*\s.*\b(?:ERROR|WARN(?:ING)?|INFO|DEBUG|TRACE|FATAL)\b
        | Traceback\ \(most | File\ ".*",\ line\ \d | at\ [\w.$<>]+\(.*\)$ | [\w.]*(?:Error|Exception|Warning):\s
    )
    | \w::\w | \w\s?(?:&&|\|\|)\s?[\w!(] | \[.+\sfor\s\w+\sin\s.+\] | \blambda\s\w+(?:,\s?\w+)*: | \w\[\w+\.\w+\s[<>=]
    | \\[a-zA-Z]+\{{.*& | \s>{{1,2}}\s?[\w/.-]+\.\w{{2,4}}$
    | (?:\w\(|[={{}}]|^\s*(?:return|break|let|const|var)\b).*;\s*$
    | ^\s*[^\w\s]*\b(?:if|for|while|elif|with|def|class|try|except|fn|func|function)\b.*[({{=<>].*[:{{]\s*$
    """,
    re.VERBOSE,
)
_COMMAND_LINE = re.compile(
    rf"(?:^\s*|[:：{HAN}]\s*|\b(?:[Rr]un|[Uu]se|[Tt]ype|[Ee]xecute|[Tt]ry)\s+)"
    rf"(?P<command>(?:{_COMMAND}\s(?:{_ARGUMENT}|{_RARER})|{_WORD}\s{_ARGUMENT})\S[^。；]*)(?<!\w[.!?])(?=$|[。；])"
)
_DIFF_HEAD = re.compile(r"diff --git |--- \S|\+\+\+ \S|@@ -\d")
_FRAME = re.compile(r'\s+File "')
_DIFF_LINE = re.compile(r"[-+ @\\]|diff |index ")
_MOJIBAKE = re.compile("[\x80-\xff\u0152-\u02dc\u2013-\u2122]")  # what bytes of UTF-8 become
_FEW_SIGNS, _MOST_MOJIBAKE = 4, 0.15  # the second of a line's characters; chosen with benchmarks/text_repair.py --chats
_LONG_LINE = 400  # characters; longer lines are prose; a guess: not measured


def _lines(text: str, about_code: bool) -> Iterator[Region]:
    """Whole lines, but for a command that prose introduces on its line; the lines of a diff."""
    lines = text.split("\n")
    plains = [_ENTITY.sub(_sign, line) if len(line) < _LONG_LINE else "" for line in lines]
    whole = {number for number in data_lines(plains, about_code) if not _is_damaged(lines[number])}
    whole.update(_beside_others(lines))
    place = 0
    for number, (line, plain) in enumerate(zip(lines, plains, strict=True)):
        end = place + len(line)
        if number in whole or _is_statement(plain):
            yield place, end
        elif command := _COMMAND_LINE.search(plain):
            yield place + _start(line, plain, command.start("command")), end - len(plain) + command.end("command")
        place = end + 1


def _beside_others(lines: Sequence[str]) -> Iterator[int]:
    """Numbers of lines that the lines before them make code: in a diff, two versions of a line, below a frame."""
    in_diff, before = False, ""
    for number, line in enumerate(lines):
        in_diff = bool(_DIFF_HEAD.match(line) or (in_diff and _DIFF_LINE.match(line)))
        if in_diff or (_FRAME.match(before) and len(line) < _LONG_LINE):
            yield number
        elif len(line) < _LONG_LINE and _are_versions(before, line):
            yield from (number - 1, number)
        before = line


def _is_damaged(line: str) -> bool:
    """Whether so much of a line is mojibake that it is damage, and not one sign that a line of data speaks of."""
    return len(_MOJIBAKE.findall(line)) > max(_FEW_SIGNS, _MOST_MOJIBAKE * len(line))


def _is_statement(line: str) -> bool:
    """Whether the line is a statement, a line that a diff adds or takes away, or one that a mail quotes."""
    return bool(line.strip() and (_STATEMENT.search(line) or (line[0] in "+->" and _STATEMENT.search(line[1:]))))


def _sign(entity: re.Match[str]) -> str:
    return "&" if entity["amp"] else "<" if entity["lt"] else ">" if entity["gt"] else "'"


def _start(line: str, plain: str, start: int) -> int:
    """Where in `line` the command begins that begins at `start` in `plain`, the line with its entities as signs."""
    return len(line) - len(line[line.find(plain[start : start + 3]) :]) if plain != line else start


def _are_versions(before: str, line: str) -> bool:
    """Whether two lines say the same but for a few words, the first behind `-`, the second behind `+`."""
    if before[:1] != "-" or line[:1] != "+":
        return False
    old, new = set(re.findall(r"\w+", before)), set(re.findall(r"\w+", line))
    return len(old & new) * 2 > max(len(old), len(new))
