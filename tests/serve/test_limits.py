"""A real server under clients that take what they can get: /health answers within a second, memory stays flat."""

from __future__ import annotations

import http.client
import json
import logging
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pipeline.runtime.ports import free_port
from pipeline.serve.limits import FewLines, connections, is_meant, names_of
from tests.conftest import ROOT

FILES = 200  # that the server may open
SERVER = """
import json, sys
from pathlib import Path
from pipeline.modeling.prediction import Prediction
from pipeline.serve import label_studio, model, predict_api
from pipeline.serve.app import create_app
from pipeline.serve.limits import names_of
from pipeline.serve.run import serve

class Words:
    def predict(self, rows):
        return [Prediction("a", 0.75, {"a": 0.75, "b": 0.25}) for row in rows]

folder, port = Path(sys.argv[1]), int(sys.argv[2])
task = {"type": "classification", "labels": ["a", "b"], "languages": ["en"]}
(folder / "sft.json").write_text(json.dumps({"task": task}))
model.load_predictor = lambda path: Words()
routes = [predict_api.add_routes, label_studio.add_routes]
serve(create_app(model.ServedModel(folder), None, routes, names_of("127.0.0.1")), "127.0.0.1", port, None)
"""


class Server:
    def __init__(self, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
        self.port, self.process, self.log = port, process, log

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def memory(self) -> int:
        """Resident kilobytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])

    def is_healthy(self) -> bool:
        """Whether the best of three looks at /health took less than a second: the machine may be busy otherwise."""
        seconds = []
        for _ in range(3):
            started = time.monotonic()
            assert self.ask("GET", "/health")[0] == 200
            seconds.append(time.monotonic() - started)
        return min(seconds) < 1


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    port = free_port("127.0.0.1", 19090)
    log = folder / "log"

    def few_files() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))

    with log.open("wb") as out:
        command = [sys.executable, "-c", SERVER, str(folder), str(port)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, preexec_fn=few_files)
        running = Server(port, process, log)
        try:
            for _ in range(600):
                try:
                    running.ask("GET", "/health")
                    break
                except OSError:
                    assert process.poll() is None, log.read_text("utf-8")
                    time.sleep(0.1)
            yield running
        finally:
            process.terminate()
            process.wait(20)


def open_many(port: int, count: int, sent: bytes, held: ExitStack) -> None:
    for _ in range(count):
        one = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        try:
            one.sendall(sent)
        except OSError:  # made room for another already
            continue


HALVES = {
    "nothing": b"",
    "half a head": b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Le",
    "half a body": b'POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n{"rows": [',
}


@pytest.mark.parametrize("sent", HALVES.values(), ids=HALVES)
def test_connections_that_wait_make_room(server: Server, sent: bytes) -> None:
    before = server.memory()
    with ExitStack() as held:
        open_many(server.port, 2 * FILES, sent, held)
        assert server.is_healthy()
        good = json.dumps({"rows": [{"text": "fine"}]}).encode()
        assert server.ask("POST", "/v1/predict", good)[0] == 200
    assert server.memory() < before + 30_000
    assert server.log.stat().st_size < 20_000


def test_a_large_request_is_refused_before_it_is_read(server: Server) -> None:
    before = server.memory()
    keys = json.dumps({f"key {n}": n for n in range(900_000)}).encode()
    task = json.dumps({"tasks": [{"data": {"text": "x" * 15_000_000}}]}).encode()
    for path, body in (("/v1/predict", keys), ("/predict", task)):
        try:
            status, said = server.ask("POST", path, body)
        except (ConnectionError, BrokenPipeError):
            continue  # it hung up while this side was still sending
        assert status == 413
        assert b"larger than" in said
    assert server.is_healthy()
    assert server.memory() < before + 30_000


def test_many_large_bodies_at_a_time_are_bounded(server: Server) -> None:
    """40 clients that send 7.9 of 8 MB and hold: the first few have room, the others are told, memory stays bounded."""
    size = 7_900_000
    head = f"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size + 9}\r\n\r\n".encode()
    before = server.memory()
    with ExitStack() as held:
        open_many(server.port, 40, head + b"x" * size, held)
        assert server.is_healthy()
        assert server.memory() < before + 64_000 + 40_000
        good = json.dumps({"rows": [{"text": "fine"}]}).encode()
        assert server.ask("POST", "/v1/predict", good)[0] == 200
        assert server.ask("POST", "/v1/predict", good + b" " * 7_000_000)[0] == 503
    assert _until(lambda: server.ask("POST", "/v1/predict", good + b" " * 7_000_000)[0] == 200)


def _until(is_so: Callable[[], bool]) -> bool:
    """Whether it becomes so within 20 seconds."""
    return any(is_so() or time.sleep(0.2) for _ in range(100))


def test_large_bodies_are_parsed_while_others_are_answered(server: Server) -> None:
    keys = json.dumps({f"key {n}": n for n in range(400_000)}).encode()[:7_000_000]
    with ExitStack() as held:
        head = f"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(keys)}\r\n\r\n".encode()
        open_many(server.port, 6, head + keys, held)
        assert server.is_healthy()


def test_a_long_text_is_refused_on_every_route(server: Server) -> None:
    long = "x" * 200_000
    status, said = server.ask("POST", "/v1/predict", json.dumps({"rows": [{"text": long}]}).encode())
    assert (status, b"longer than 100,000 characters" in said) == (400, True)
    status, said = server.ask("POST", "/predict", json.dumps({"tasks": [{"data": {"text": long}}]}).encode())
    assert (status, b"longer than 100,000 characters" in said) == (200, True)


def test_a_request_that_is_not_sent_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    import uvicorn

    from pipeline.serve.protocol import limited

    async def app(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})

    async def play() -> float:
        port = free_port("127.0.0.1", 19390)
        config = uvicorn.Config(app, port=port, http=limited(20, seconds=0.5), lifespan="off", log_level="error")
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.02)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        started = time.monotonic()
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHo")  # one request whole, half of another
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        try:
            while await asyncio.wait_for(reader.read(1000), 10):
                pass
        except ConnectionError:
            pass
        seconds = time.monotonic() - started
        server.should_exit = True
        await running
        return seconds

    assert 0.4 < asyncio.run(play()) < 5


@pytest.mark.parametrize("host", ["localhost", "localhost:9090", "127.0.0.1:9090", "[::1]:9090", "LOCALHOST"])
def test_a_server_on_loopback_is_asked_by_its_names(host: str) -> None:
    assert is_meant(host, names_of("127.0.0.1"))


@pytest.mark.parametrize("host", ["evil.example", "evil.example:9090", "", "127.0.0.1.evil.example", "[::2]"])
def test_and_by_no_other(host: str, server: Server) -> None:
    assert not is_meant(host, names_of("127.0.0.1"))
    assert is_meant(host, names_of("0.0.0.0"))
    assert server.ask("GET", "/health", Host=host)[0] == 421


def test_connections_follow_the_limit_on_files(monkeypatch: pytest.MonkeyPatch) -> None:
    for files, most in ((64, 16), (10, 8), (100_000, 512), (-1, 512)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, files=files: (files, files))
        assert connections() == most


def test_a_log_gets_few_lines_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("pipeline.serve.limits.time.monotonic", lambda: now)
    few = FewLines(3)
    line = logging.makeLogRecord({})
    assert [few.filter(line) for _ in range(5)] == [True, True, True, False, False]
    now = 61.0
    assert few.filter(line)
