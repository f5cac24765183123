"""`sft export --push` against a local stand-in for the hub: real client, real requests."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.conftest import ROOT

TOKEN = "hf_stand_in_token"


class Server(ThreadingHTTPServer):
    """Keeps what it was sent: files by path, large files by digest, the repository."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Hub)
        self.files: dict[str, bytes] = {}
        self.blobs: dict[str, bytes] = {}
        self.created: Any = None


class Hub(BaseHTTPRequestHandler):
    """As much of the hub's interface as an upload needs; its server keeps what was sent."""

    server: Server

    def log_message(self, *_args) -> None:
        pass

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, value, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self._body()
        here = f"http://127.0.0.1:{self.server.server_port}"
        if not self.path.startswith("/lfs") and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._answer({"error": "Invalid credentials"}, 401)
        elif self.path == "/api/repos/create":
            self.server.created = json.loads(body)
            self._answer({"url": f"{here}/datasets/team/reviews", "name": "team/reviews", "id": "1"})
        elif "/preupload/" in self.path:
            names = [one["path"] for one in json.loads(body)["files"]]
            modes = [
                {"path": n, "uploadMode": "lfs" if n.endswith(".parquet") else "regular", "shouldIgnore": False}
                for n in names
            ]
            self._answer({"files": modes})
        elif self.path.endswith("/info/lfs/objects/batch"):
            objects = [
                {**one, "actions": {"upload": {"href": f"{here}/lfs/{one['oid']}"}}}
                for one in json.loads(body)["objects"]
            ]
            self._answer({"transfer": "basic", "objects": objects})
        elif "/commit/" in self.path:
            for line in map(json.loads, body.decode().splitlines()):
                value = line["value"]
                if line["key"] == "file":
                    self.server.files[value["path"]] = base64.b64decode(value["content"])
                elif line["key"] == "lfsFile":
                    self.server.files[value["path"]] = self.server.blobs[value["oid"]]
            url = f"{here}/datasets/team/reviews/commit/abc"
            self._answer({"success": True, "commitUrl": url, "commitOid": "abc", "hookOutput": ""})
        else:
            self._answer({})

    def do_PUT(self) -> None:
        body = self._body()
        self.server.blobs[hashlib.sha256(body).hexdigest()] = body
        self._answer({})

    def do_GET(self) -> None:
        self._answer({"id": "team/reviews", "sha": "abc", "siblings": []})


@pytest.fixture
def hub():
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture
def folder(tmp_path):
    """A dataset folder with a card, a Parquet file and a JSON Lines file, and a params.yaml beside it."""
    dataset = tmp_path / "dataset"
    (dataset / "data").mkdir(parents=True)
    (dataset / "jsonl").mkdir()
    (dataset / "README.md").write_text("---\npretty_name: x\nlicense: other\n---\n\n# x\n")
    (dataset / "data/train-00000-of-00001.parquet").write_bytes(b"PAR1" + bytes(range(256)) * 40)
    (dataset / "jsonl/train.jsonl").write_text('{"text": "你好"}\n', "utf-8")
    (tmp_path / "params.yaml").write_text("task: {type: classification, labels: [a, b]}\n")
    return dataset


def push(folder, hub, *more: str, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline.cli", "export", "--dataset", str(folder), "--push", "team/reviews"]
    environment = {key: value for key, value in os.environ.items() if key != "HF_HUB_OFFLINE"}
    environment |= {
        "HF_TOKEN": token,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HOME": str(folder.parent),
        "PYTHONPATH": str(ROOT),
    }
    environment["HF_HUB_DISABLE_TELEMETRY"] = "1"
    address = f"http://127.0.0.1:{hub.server_port}"
    return subprocess.run(
        [*command, "--endpoint", address, *more], capture_output=True, text=True, env=environment, cwd=folder.parent
    )


def test_the_folder_arrives_byte_for_byte_with_a_stamp_on_its_card_and_private(folder, hub):
    result = push(folder, hub)
    assert result.returncode == 0, result.stderr
    sent = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    card = hub.files.pop("README.md").decode()
    assert card.startswith(sent.pop("README.md").decode())
    assert "## Built from" in card
    assert "| params.yaml | sha256 " in card
    assert hub.files.pop("checksums.txt")
    assert hub.files == sent
    assert hub.created["visibility"] == "private"
    assert "pushed: " in result.stdout
    assert TOKEN not in result.stdout + result.stderr


def test_publishing_needs_a_licence_that_allows_it(folder, hub):
    result = push(folder, hub, "--public")
    assert result.returncode == 1
    assert "--accept-licence" in result.stderr
    assert hub.files == {}
    assert push(folder, hub, "--public", "--accept-licence").returncode == 0
    assert hub.created["visibility"] == "public"


def test_a_wrong_token_is_a_plain_error_that_does_not_show_it(folder, hub):
    result = push(folder, hub, token="hf_wrong")
    assert result.returncode == 1
    assert "did not take team/reviews" in result.stderr
    assert "Traceback" not in result.stderr
    assert "hf_wrong" not in result.stderr
