"""A Label Studio server of our own: installed apart from us, bound to this machine, quiet, kept in `.label-studio/`.

The server is installed into a virtual environment in the cache folder on first use, since its pins conflict with
ours. Its database, media and log live in `.label-studio/` beside params.yaml, and so do its secrets
(`secrets.json`, readable by the owner only). That folder ignores itself in git. Deleting it deletes the answers that
were not pulled.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from pipeline.core.cache import cache_folder
from pipeline.core.errors import PipelineError, shorten
from pipeline.core.json_types import JsonObject
from pipeline.runtime.ports import free_port

VERSION = "1.23.2"
HOME = Path(".label-studio")
OWNER = "owner@example.org"
#: Seconds until a first start has migrated its database; 75 CPU seconds on one core. Twelve times that is a guess.
START_TIMEOUT = 900

_QUIET = {
    "LABEL_STUDIO_COLLECT_ANALYTICS": "0",
    "COLLECT_ANALYTICS": "0",
    "LATEST_VERSION_CHECK": "0",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "1",
    # `sft label backend` is on this machine too.
    "ML_BLOCK_LOCAL_IP": "0",
}


def start(port: int, home: Path = HOME) -> tuple[str, list[str]]:
    """Start the server unless it runs. Returns its address and what was done, in words."""
    running = address(home)
    if running:
        return running, [f"Label Studio runs already at {running}"]
    program, done = installed()
    make_home(home)
    chosen = free_port("127.0.0.1", port)
    if chosen != port:
        done.append(f"port {port} is taken; using {chosen}")
    url = f"http://127.0.0.1:{chosen}"
    first = not (home / "data" / "label_studio.sqlite3").is_file()
    if first:
        done.append("first start: its database is made, which takes a minute or two")
    process = _launch(program, chosen, home)
    write_state(home / "server.json", {"pid": process.pid, "url": url})
    _wait(process, url, home)
    return url, [*done, f"started Label Studio {VERSION} at {url}"]


def stop(home: Path = HOME) -> str:
    """Stop the server that `start` started; says in words what was done."""
    state = read_state(home / "server.json")
    pid = state.get("pid")
    if pid is None or not _is_ours(pid, home):
        (home / "server.json").unlink(missing_ok=True)
        return "no Label Studio of this project is running"
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 20
    while _is_ours(pid, home) and time.monotonic() < deadline:
        time.sleep(0.1)
    if _is_ours(pid, home):
        os.kill(pid, signal.SIGKILL)
    (home / "server.json").unlink(missing_ok=True)
    return f"stopped Label Studio at {state['url']}; its data stay in {home}/"


def address(home: Path = HOME) -> str | None:
    """The address of this project's own server, where it runs."""
    state = read_state(home / "server.json")
    return str(state["url"]) if state.get("pid") is not None and _is_ours(state["pid"], home) else None


def own_secrets(home: Path = HOME) -> dict[str, str]:
    """The server's account and token, and the backend's shared secret; made on first use."""
    file = home / "secrets.json"
    found = read_state(file)
    if not found:
        found = {
            "email": os.environ.get("LABEL_STUDIO_USERNAME", OWNER),
            "password": os.environ.get("LABEL_STUDIO_PASSWORD", secrets.token_urlsafe(12)),
            "token": secrets.token_hex(20),
            "backend": secrets.token_hex(20),
        }
        make_home(home)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(found, stream, indent=2)
    return found


def installed() -> tuple[Path, list[str]]:
    """The `label-studio` program, installed if need be, and what was done. `$SFT_LABEL_STUDIO` names another one."""
    named = os.environ.get("SFT_LABEL_STUDIO")
    if named:
        if not Path(named).is_file():
            raise PipelineError(
                f"SFT_LABEL_STUDIO: {named}: no such file.", "Name the label-studio program, or unset it."
            )
        return Path(named), []
    folder = (cache_folder() / "label-studio" / VERSION).resolve()
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    if (folder / ".complete").is_file():
        return scripts / "label-studio", []
    _install(folder, scripts / "python")
    (folder / ".complete").touch()
    return scripts / "label-studio", [f"installed Label Studio {VERSION} apart from this environment"]


def _install(folder: Path, python: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # half an installation is none
    folder.parent.mkdir(parents=True, exist_ok=True)
    requirement = f"label-studio=={VERSION}"
    uv = shutil.which("uv") or next((str(p) for p in [Path(sys.executable).with_name("uv")] if p.is_file()), None)
    if uv:
        _run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)])
        _run([uv, "pip", "install", "--quiet", "--python", str(python), requirement])
    else:
        _run([sys.executable, "-m", "venv", str(folder)])
        _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement])


def _run(command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise PipelineError(
            f"Label Studio could not be installed: {shorten(result.stderr.strip(), 300)}",
            "Check the network and the package index, then run again; or name a program in SFT_LABEL_STUDIO.",
        )


def _launch(program: Path, port: int, home: Path) -> subprocess.Popen[bytes]:
    account = own_secrets(home)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LABEL_STUDIO_")}
    environment |= _QUIET | {
        "LABEL_STUDIO_BASE_DATA_DIR": str((home / "data").resolve()),
        "LABEL_STUDIO_USERNAME": account["email"],
        "LABEL_STUDIO_PASSWORD": account["password"],
        "LABEL_STUDIO_USER_TOKEN": account["token"],
    }
    environment.pop("PYTHONPATH", None)
    command = [str(program), "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port)]
    command += ["--data-dir", str((home / "data").resolve()), "--enable-legacy-api-token", "--log-level", "ERROR"]
    with (home / "server.log").open("ab") as log:
        return subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


def _wait(process: subprocess.Popen[bytes], url: str, home: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    with httpx.Client(timeout=5) as http:  # one for all tries: each new one reads the system's certificates
        while time.monotonic() < deadline:
            if process.poll() is not None:
                last = (home / "server.log").read_text("utf-8", "replace").strip().splitlines()[-3:]
                raise PipelineError(
                    f"Label Studio stopped at once: {shorten(' '.join(last), 300)}", f"See {home}/server.log"
                )
            try:
                if http.get(f"{url}/health").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.3)
    raise PipelineError(f"{url}: Label Studio was not ready after {START_TIMEOUT} s.", f"See {home}/server.log")


def _is_ours(pid: int, home: Path) -> bool:
    """Whether the process is the server on this project's data folder: numbers of processes are used again."""
    shown = subprocess.run(["ps", "-o", "stat=,command=", "-ww", "-p", str(pid)], capture_output=True, text=True)
    state = shown.stdout.strip()
    return bool(state) and not state.startswith("Z") and str((home / "data").resolve()) in state


def make_home(home: Path = HOME) -> None:
    """Make the folder, closed to others and ignored by git."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / ".gitignore").write_text("*\n", "utf-8")


def read_state(file: Path) -> dict[str, Any]:
    """A JSON object that may be missing or half written: then empty."""
    try:
        found = json.loads(file.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_state(file: Path, value: JsonObject) -> None:
    """Write a JSON object."""
    file.write_text(json.dumps(value, indent=2) + "\n", "utf-8")
