"""Starting and stopping the server."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from pipeline.core.errors import PipelineError
from pipeline.studio import server


def program(tmp_path, code):
    """A stand-in for label-studio, for what the real one does too rarely."""
    file = tmp_path / "label-studio"
    file.write_text(f"#!{sys.executable}\n{code}\n", "utf-8")
    file.chmod(0o755)
    return str(file)


def test_a_server_that_dies_is_reported_with_its_last_words(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_LABEL_STUDIO", program(tmp_path, "import sys; sys.exit('database is locked')"))
    with pytest.raises(PipelineError, match="stopped at once: database is locked"):
        server.start(18900, tmp_path / "home")
    assert server.address(tmp_path / "home") is None


def test_a_taken_port_is_said_and_the_next_one_used(tmp_path, monkeypatch):
    code = (
        "import http.server, sys\n"
        "class Up(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self): self.send_response(200); self.end_headers()\n"
        "    def log_message(self, *args): pass\n"
        "http.server.HTTPServer(('127.0.0.1', int(sys.argv[sys.argv.index('--port') + 1])), Up).serve_forever()"
    )
    monkeypatch.setenv("SFT_LABEL_STUDIO", program(tmp_path, code))
    home = tmp_path / "home"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        url, said = server.start(port, home)
        assert f"port {port} is taken" in "\n".join(said)
        assert server.start(port, home) == (url, [f"Label Studio runs already at {url}"])
    assert server.address(home) == url
    assert "its data stay" in server.stop(home)
    assert server.stop(home) == "no Label Studio of this project is running"


def test_another_process_with_the_old_number_is_left_alone(tmp_path):
    server.make_home(tmp_path)
    server.write_state(tmp_path / "server.json", {"pid": os.getpid(), "url": "http://127.0.0.1:1"})
    assert server.address(tmp_path) is None
    assert "no Label Studio" in server.stop(tmp_path)


def test_a_named_program_must_exist(monkeypatch):
    monkeypatch.setenv("SFT_LABEL_STUDIO", "/nowhere/label-studio")
    with pytest.raises(PipelineError, match="SFT_LABEL_STUDIO: /nowhere/label-studio: no such file"):
        server.installed()
