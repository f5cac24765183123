"""Checks that people write in Python."""

from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError
from pipeline.llm.verifiers.contract import Case
from tests.llm.verifiers.asking import verdict

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
