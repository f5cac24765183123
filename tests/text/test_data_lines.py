"""Single lines of data, configuration, assembler, logs and others, in chats without a fence, and prose like them."""

from __future__ import annotations

import time

import pytest

from pipeline.text.code_lines import single_code
from pipeline.text.data_lines import data_lines, is_sentence

LINES = {
    "yaml": [
        "name: Tom &amp; Ann",
        "  replicas: 3   # a &gt; b",
        "- key: x &gt; y",
        "labels: {app: web, tier: 'a&amp;b'}",
        "title: 汤姆 &amp; 安",
    ],
    "ini": ["title=R&amp;D", "max_size = 10 &lt; 20", "app.title=Tom &amp; Ann", "ssid=Caf&eacute;"],
    "csv": ["42,Ann &amp; Bob,Paris", '"a","Tom &amp; Ann","b"', "x;y;Tom &amp; Ann;3", "7,王&amp;李,北京", "9,ZoÃ«,5"],
    "assembler": ["mov eax, [ebx] &amp; 1", "cmp byte ptr [rdi], '&amp;'", "jne .L2 # a &lt;&gt; b", 'db "R&amp;D", 0'],
    "servers": ["RewriteRule ^a$ b&amp;c [L]", "server_name a &amp; b;", "location /x { return 404; } # &lt;y&gt;"],
    "docker": ['LABEL title="Tom &amp; Ann"', "FROM python:3.11 AS build  # &amp;"],
    "make": ["CC := gcc &amp; co", "%.o: %.c ; $(CC) -c $&lt;", ".PHONY: all &amp; clean"],
    "sql": [
        "WHERE a &lt; 5 AND b &gt; 3",
        "update t set a = 'x &amp; y' where id = 3",
        "LEFT JOIN o ON o.id &lt; u.id",
    ],
    "shell": ["sleep 10 &amp;", "diff &lt;(sort a) &lt;(sort b)", "while read l; do echo $l; done &lt; in.txt"],
    "latex": ["a &amp; b \\\\ c &amp; d", "f(x) &amp;= x^2", "\\section{R\\&amp;D}"],
    "logs": [
        '127.0.0.1 - - [10/Oct/2023:13:55:36 +0000] "GET /?a=1&amp;b=2 HTTP/1.1" 200 23',
        "Jan 12 10:00:01 web1 app[123]: bad entity &amp;nbsp;",
        "12:00:01.123 [main] DEBUG c.e.App - a &amp; b",
        "main.c:3:5: error: expected ';' before '&amp;'",
        'level=info msg="Tom &amp; Ann" ts=12',
    ],
    "http": ["GET /search?q=a&amp;b=2 HTTP/1.1", "Set-Cookie: a=b&amp;c", "q=tom&amp;lang=en"],
    "others": [
        "=A1&amp;B1",
        'MsgBox "a" &amp; vbCrLf &amp; "b"',
        '(println "a &amp; b")',
        "x &amp;= ~MASK;",
        "cin &gt;&gt; n;",
        "// a &amp; b",
        "A[Start] --&gt; B{End &amp; go}",
    ],
}

PROSE = [
    "Note: Tom &amp; Ann went home.",
    "note: heâ€™s nice",
    "- Salt &amp; pepper",
    "- **Cost**: low &amp; stable",
    "Ingredients: flour, sugar &amp; eggs",
    "Roses are red,\nviolets are blue &amp; so are you",
    "I can&#39;t; he won&#39;t; we&#39;ll see",
    "He asked: use it &amp; run; then (quietly) left;",
    "Kim &amp; Lee. 2019. Nature, 12(3).",
    "answer: yes &amp; no, it depends on what you&#39;re after.",
    "add two eggs &amp; whisk",
    "Require help &amp; support",
    "Listen &amp; repeat",
    "10:30:00 start &amp; go",
    "It cost 5,000 &amp; 6,000\nand 7,000 &amp; 8,000",
    "NÃ®mes (150,610)\nBÃ©ziers (77,177)",
    "â\x80¢\t2007 World Cup\nâ\x80¢\t2011 World Cup",
    "5ã\x80\x81å\x80ºå\x8a¡;",
    "苹果,香蕉 &amp; 梨",
    "比如“int x = 3 &lt;&lt; 2”表示左移两位，得到的值是十二。",
    "优点: 便宜 &amp; 快",
]


@pytest.mark.parametrize("line", [line for lines in LINES.values() for line in lines])
@pytest.mark.parametrize("around", ["{}", "Put this in:\n{}\nIt works &amp; is short.", "加入这一行：\n{}\n然后保存。"])
def test_a_line_of_data_is_found_whole(line: str, around: str) -> None:
    text = around.replace("{}", line)
    start = text.index(line)
    assert any(a <= start and b >= start + len(line) for a, b in single_code(text))


@pytest.mark.parametrize("text", PROSE)
def test_prose_like_data_is_none(text: str) -> None:
    assert single_code(text) == []


def test_lines_of_keys_count_together_whatever_their_values_say() -> None:
    lines = ["title: The end of the road, and what is behind it.", "Tom & Ann", "author: Tom & Ann"]
    assert list(data_lines(lines, about_code=False)) == [0, 2]
    assert list(data_lines(lines[:1], about_code=False)) == []


def test_rows_of_as_many_fields_count_together() -> None:
    assert list(data_lines(["name,city", "Tom & Ann,Rome", "", "red,green"], about_code=False)) == [0, 1]


def test_of_a_text_about_code_only_sentences_are_prose() -> None:
    lines = ["frontend http-in < x", "The result is a < b for these.", "Salt & pepper"]
    assert list(data_lines(lines, about_code=False)) == []
    assert list(data_lines(lines, about_code=True)) == [0]


@pytest.mark.parametrize(
    ("text", "told"), [("", False), ("Tom & Ann", False), ("He is at home now", True), ("我们今天去公园散步吧", True)]
)
def test_a_sentence_has_small_words_or_eight_chinese_characters(text: str, told: bool) -> None:
    assert is_sentence(text) is told


@pytest.mark.parametrize(
    "sign", ["a=b ", "a,", "1;", "-a ", "a:", "'a',", "a_b ", "&", "mov ", "x.y:", "|a", "<", "\\a"]
)
def test_odd_lines_take_no_long_time(sign: str) -> None:
    started = time.process_time()
    list(data_lines([sign * (390 // len(sign))] * 20, about_code=True))
    assert time.process_time() - started < 2
