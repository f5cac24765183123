from __future__ import annotations

import pytest

from pipeline.text.code_lines import single_code

WHOLE = [
    "$ curl 'http://x.io/?a=1&amp;b=2'",
    "bob@host:~$ ls -l  /srv",
    "PS C:\\> Get-Content a.txt  |  Select-String '&lt;'",
    ">>> html.unescape('&lt;p&gt;')",
    "x = s.replace('â€™', \"'\")",
    '    text = text.replace("&#39;", "\'")',
    "element.innerHTML = '5 &gt; 3';",
    "SELECT * FROM t WHERE name LIKE '%&amp;%';",
    "git clone git@git.example.org:team/repo.git  &amp;&amp; cd repo",
    '=SUBSTITUTE(A1,"&amp;","&")',
    "if (a &amp;&amp; b) {",
    "while a &lt; b:",
    "std::vector&lt;int&gt; v;",
    'x &lt;- c("a &amp; b")',
    ".a::before { content: 'â€™'; }",
    "RUN echo '&amp;'  > x",
    'export TITLE="Tom &amp; Ann"',
    "2024-01-02 12:00:01 ERROR [main] bad entity &amp;nbsp; at line 3",
    '{"a": "Tom &amp; Ann", "b": "schÃ¶n"}',
    "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    x()\nValueError: 'Ã©'",
    "--- a/x.txt\n+++ b/x.txt\n@@ -1,2 +1,2 @@\n-Tom &amp; Ann\n+Tom & Ann   \n same\xa0line",
    "-Tom &amp; Ann went\n+Tom & Ann went",
    "\\begin{tabular}{ll}\nTom &amp; Ann \\\\\n\\end{tabular}",
    "./configure --prefix=/usr  &amp;&amp; make",
    'if [ "$a" = "&amp;" ]; then echo 1; fi',
    "<?php echo '&amp;'; ?>",
    "0 3 * * * /usr/bin/x &amp;&amp; y",
]


@pytest.mark.parametrize("code", WHOLE)
@pytest.mark.parametrize("around", ["{}", "Try this:\n{}\nIt works &amp; is short.", "把这行加进去：\n{}\n然后保存。"])
def test_lines_of_code_are_found_whole(code, around):
    text = around.replace("{}", code)
    start = text.index(code)
    covered = {place for a, b in single_code(text) for place in range(a, b)}
    assert {p for p in range(start, start + len(code)) if text[p] != "\n"} <= covered


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ('Use html.escape("a &amp; b") for that.', 'html.escape("a &amp; b")'),
        ("The regex is ^(?:&lt;|&gt;)+$ here", "^(?:&lt;|&gt;)+$"),
        ("正则 /^&amp;[a-z]+$/i 可以", "/^&amp;[a-z]+$/i"),
        ("正则是^(&amp;|\\d)+$就行", "^(&amp;|\\d)+$"),
        ("The formula is $a &amp; b_1$ here", "$a &amp; b_1$"),
        ("Open C:\\Users\\Tom &amp; Ann\\a.txt now", "C:\\Users\\Tom &amp; Ann\\a.txt"),
        ("see /srv/Tom&amp;Ann/x.txt now", "/srv/Tom&amp;Ann/x.txt"),
        ("clone git@git.example.org:a/b.git now", "git@git.example.org:a/b.git"),
        ("write {{ title|e('&amp;') }} there", "{{ title|e('&amp;') }}"),
        ("then s/&amp;/and/g does it", "s/&amp;/and/g"),
        ("执行 git log --format='%an &lt;%ae&gt;' 查看。好", "git log --format='%an &lt;%ae&gt;' 查看"),
        ("Then Map&lt;String, Integer&gt; is right", "Map&lt;String, Integer&gt;"),
    ],
)
def test_pieces_of_code_are_found_in_prose(text, piece):
    assert piece in [text[a:b] for a, b in single_code(text)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Tom &amp; Ann went home.",
        "A 'Tom &amp; Ann' letter (read it).",
        "He asked: use it &amp; run; then (quietly) left;",
        "We find that &#39;it&#39; is fine - really.",
        "make it &quot;good&quot; quickly",
        "Echo &amp; Narcissus is a myth; head over to the museum.",
        "Let x &amp; y be numbers of the file(s) in Smith(2004).",
        "Q&amp;A: who = what?",
        "- one &amp; two\n+ three",
        "It costs $5 &amp; $6 or 1/2 of it.",
        "我们用 Tom &amp; Jerry 这个例子；很好。",
        "See [x](https://x.org/?a=1&amp;b=2) for it.",
    ],
)
def test_prose_holds_none(text):
    assert single_code(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "$" * 100_000,
        "\\[" * 50_000,
        "\\begin{a}" * 10_000,
        "-@" * 50_000,
        "x(" * 50_000,
        "/a" * 50_000,
        "[" * 300 + "\n",
        "C:\\" * 30_000,
        "{{" * 50_000,
        "-" * 100_000,
        "+a\n-a\n" * 20_000,
        "&amp;" * 20_000,
        ("[ " * 190 + "\n") * 200,
    ],
)
def test_long_odd_texts_take_no_long_time(text):
    assert all(0 <= start < end <= len(text) for start, end in single_code(text))
