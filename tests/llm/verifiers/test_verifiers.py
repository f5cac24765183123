"""Every verifier on answers that are right, wrong, wrapped in words, in Chinese, and empty."""

from __future__ import annotations

import pytest

from pipeline.core.conversation import ToolCall
from pipeline.core.errors import PipelineError
from pipeline.llm.verifiers import VERIFIERS
from pipeline.llm.verifiers.contract import Case
from pipeline.llm.verifiers.final_answer import final_answer


def verdict(name, case, **settings):
    entry = VERIFIERS[name]
    return entry.function(case, entry.settings(**settings))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2 and 2 make 4.\n#### 4", "4"),
        ("So \\boxed{\\frac{1}{2}} it is", "\\frac{1}{2}"),
        ("The answer is: Paris.", "Paris"),
        ("推理……\n答案是：三十二。", "三十二"),
        ("  Lima ", "Lima"),
        ("\\boxed{never closed", "\\boxed{never closed"),
        ("", ""),
        ("the answer is 3. No, the answer is 4.", "4"),
    ],
)
def test_final_answer_is_what_is_marked_last(text, found) -> None:
    assert final_answer(text).endswith(found)
    assert len(final_answer(text)) <= max(len(found), len(text.strip()))


@pytest.mark.parametrize(
    ("name", "text", "reference", "is_right"),
    [
        ("exact", "The answer is Paris.", "paris", True),
        ("exact", "ＰＡＲＩＳ", "Paris", True),
        ("exact", "London", "Paris", False),
        ("exact", "", "Paris", False),
        ("number", "She has 1,024 apples.\n#### 1,024", "1024", True),
        ("number", "共３２元", "32", True),
        ("number", "50%", "0.5", True),
        ("number", "about 33", "32", False),
        ("number", "none", "32", False),
        ("number", "-5", "5", False),
        ("number", "it was .25 then", "0.25", True),
        ("choice", "B", "B", True),
        ("choice", "(B) because A is wrong", "B", True),
        ("choice", "The answer is (C).", "C", True),
        ("choice", "A or B", "A", False),
        ("choice", "选 C", "C", True),
        ("choice", "a dog", "A", False),
        ("choice", "", "A", False),
        ("math", "\\boxed{\\frac{1}{2}}", "0.5", True),
        ("math", "x = 2", "2", True),
        ("math", "The answer is 3/4", "0.75", True),
        ("math", "$\\sqrt{2}/2$", "\\frac{1}{\\sqrt{2}}", True),
        ("math", "0.51", "1/2", False),
        ("math", "", "7", False),
        ("math", "我不知道", "7", False),
    ],
)
def test_answers_are_held_against_the_reference(name, text, reference, is_right) -> None:
    found = verdict(name, Case(text, reference))
    assert (found == "") is is_right, found


@pytest.mark.parametrize("name", ["exact", "number", "choice", "math"])
def test_without_a_reference_nothing_passes(name) -> None:
    assert verdict(name, Case("4"))


def test_a_formula_of_a_million_characters_is_refused_at_once() -> None:
    assert "longer than" in verdict("math", Case("9" * 1_000_000, "1"))


def test_patterns_schemas_and_lengths() -> None:
    assert verdict("regex", Case("order A-17 is late"), pattern=r"[A-Z]-\d+") == ""
    assert verdict("regex", Case("order A-17 is late"), pattern=r"[A-Z]-\d+", whole=True)
    schema = {"type": "object", "required": ["城市"], "properties": {"城市": {"type": "string"}}}
    assert verdict("json_schema", Case('```json\n{"城市": "苏州"}\n```'), json_schema=schema) == ""
    assert "城市" in verdict("json_schema", Case('{"城市": 3}'), json_schema=schema)
    assert verdict("length", Case("  好  "), min_chars=2)
    assert verdict("length", Case("好的"), min_chars=2, max_chars=2) == ""


WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


@pytest.mark.parametrize(
    ("name", "arguments", "problem"),
    [
        ("weather", '{"city": "里昂"}', ""),
        ("wether", '{"city": "Lyon"}', "unknown tool"),
        ("weather", "{}", "required"),
        ("weather", '{"city": 7}', "city"),
        ("weather", '{"city": "Lyon", "day": 1}', "day"),
        ("weather", "city=Lyon", "no JSON"),
    ],
)
def test_calls_are_held_against_the_tools(name, arguments, problem) -> None:
    found = verdict("tool_calls", Case("", calls=(ToolCall(name, arguments),), tools=(WEATHER,)))
    assert problem in found
    assert bool(found) is bool(problem)


def test_no_call_is_no_valid_call() -> None:
    assert verdict("tool_calls", Case("I called it.", tools=(WEATHER,)))


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ('The page says "Rinse the filter monthly" first.', True),
        ("rinse the FILTER monthly, with cold water", True),
        ('It says "Rinse the filter weekly".', False),
        ('"Rinse the filter monthly" and "throw it away after use"', False),
        ("“每月冲洗滤网一次”", True),
        ("“每周冲洗滤网一次”", False),
        ("", False),
        ('"ok"', False),
    ],
)
def test_quotations_stand_in_the_passage(text, is_right) -> None:
    passage = "Care. Rinse the filter monthly, with cold water.\n保养：每月冲洗滤网一次，用冷水。"
    found = verdict("must_quote", Case(text, passage=passage), min_chars=6)
    assert (found == "") is is_right, found


CHECKS = {
    "def check(text, **more): return 'even' in text": ("it is even", ""),
    "def check(text, reference, **more): return text == reference or 'differs'": ("a", "differs"),
    "def check(**more):\n    while True: pass": ("a", "the check "),
    "def check(**more): return len('x' * 10**10)": ("a", "MemoryError"),
    "def check(**more):\n    import socket\n    socket.create_connection(('127.0.0.1', PORT), 2)": ("a", "unreachable"),
    "def check(**more):\n    import os\n    os.fork()": ("a", "unavailable"),
    "def check(**more):\n    open('big', 'wb').write(b'x' * 10**8)": ("a", "fail"),
    "def check(": ("a", "SyntaxError"),
    "x = 1": ("a", "KeyError"),
}


@pytest.mark.parametrize("code", CHECKS)
def test_a_check_in_python_runs_within_its_limits(code, tmp_path) -> None:
    import http.server
    import os
    import threading

    if os.geteuid() == 0 and "fork" in code:
        pytest.skip("the limit on processes does not hold for root")
    text, problem = CHECKS[code]
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    file = tmp_path / "check.py"
    file.write_text(code.replace("PORT", str(server.server_address[1])))
    try:
        found = verdict("python", Case(text, "even"), file=str(file), enabled=True, seconds=1)
    except PipelineError as error:
        if "network" in error.message:
            pytest.skip(error.message)
        raise
    finally:
        server.shutdown()
    assert problem in found
    assert bool(found) is bool(problem)


def test_a_check_runs_only_where_it_is_enabled(tmp_path) -> None:
    with pytest.raises(PipelineError, match="not enabled"):
        verdict("python", Case("a"), file=str(tmp_path / "check.py"))


@pytest.mark.parametrize(
    ("text", "lang", "said"),
    [
        ("The order will arrive on Monday, as promised.", "en", ""),
        ("订单会在星期一送到，请耐心等待。", "zh", ""),
        ("The order will arrive on Monday, as promised.", "zh", "in 'en', not in 'zh'"),
        ("订单会在星期一送到，请耐心等待。", "en", "in 'zh', not in 'en'"),
        ("Die Bestellung kommt wie versprochen am Montag.", "en", "in 'de', not in 'en'"),
        ("用这段代码：\n```python\nprint('hello world, how are you')\n```", "zh", ""),
        ("OK", "zh", ""),
        ("", "en", ""),
        ("The order will arrive on Monday.", "", "no language to compare with"),
    ],
)
def test_an_answer_is_in_the_language_asked_for(text, lang, said) -> None:
    found = verdict("language", Case(text, lang=lang))
    assert said in found
    assert bool(said) == bool(found)
