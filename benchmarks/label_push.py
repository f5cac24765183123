"""Time and memory of `sft label push` against a real Label Studio server; what a broken connection leaves behind.

    python -m benchmarks.label_push 2000 10000

For each size a project is made with as many queued records (generated texts, pre-labels; TF-IDF stands for the encoder)
on one server that this command starts (SFT_LABEL_STUDIO names its program where it is installed already). Measured,
each in a process of its own: a push into the empty project, one that finds nothing to do; a push that is killed about
half-way, into another project, and the one that resumes it. Prints wall and CPU seconds and the peak memory of the
command, and how many records the project then holds, and how many of them twice.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
from ruamel.yaml import YAML

from pipeline.core.cache import cache_folder
from pipeline.core.record import Decision, Record, Source, Split, content_id
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.shards import write_shards
from pipeline.runtime.store import to_table, write_table
from pipeline.studio import server

ROOT = Path(__file__).parents[1]
TASK = Task(type="classification", labels=("billing", "delivery", "other"), languages=("en",))
_WORDS = (
    "invoice",
    "parcel",
    "courier",
    "charged",
    "refund",
    "late",
    "lost",
    "address",
    "twice",
    "box",
    "thanks",
    "when",
)


def main() -> None:
    """Measure every size named on the command line, on one server."""
    place = Path(tempfile.mkdtemp(prefix="label-push-"))
    try:
        os.chdir(place)
        made = cache_folder().resolve() / "label-studio" / f"migrated-{server.VERSION}"
        if (made / ".complete").is_file():  # as the tests keep it: making a database takes minutes
            shutil.copytree(made, place / server.HOME)
        print("\n".join(server.start(8090, place / server.HOME)[1]), flush=True)
        for size in map(int, sys.argv[1:] or ["2000"]):
            for line in measure(place, size):
                print(line, flush=True)
    finally:
        print(server.stop(place / server.HOME))
        shutil.rmtree(place)


def measure(place: Path, size: int) -> Iterator[str]:
    """One line of figures a push."""
    whole, broken = (_project(place, f"{name} {size}", size) for name in ("whole", "broken"))
    yield f"{size:,}, in one go    {_run(whole, 'push')}; {_tasks(whole, size)}"
    yield f"{size:,}, nothing new  {_run(whole, 'push')}; {_tasks(whole, size)}"
    yield f"{size:,}, killed       {_run(broken, 'push', kill_at=size // 2)}; {_tasks(broken, size)}"
    yield f"{size:,}, resumed      {_run(broken, 'push')}; {_tasks(broken, size)}"


def _project(place: Path, title: str, size: int) -> Path:
    """A project folder with `size` queued records, and its project on the server."""
    folder = place / title.replace(" ", "-")
    writing = get_context("spawn").Process(target=_write, args=(folder, title, size))  # its memory is not to count
    writing.start()
    writing.join()
    (folder / server.HOME).symlink_to(place / server.HOME)
    _run(folder, "up")
    return folder


def _write(folder: Path, title: str, size: int) -> None:
    (folder / "data/annotations").mkdir(parents=True)
    params = {
        "task": TASK.model_dump(mode="json"),
        "models": {"encoder": {"name": "tfidf"}},
        "studio": {"title": title, "tasks": size, "gold_share": 0.05},
    }
    with (folder / "params.yaml").open("w", encoding="utf-8") as stream:
        YAML(typ="safe").dump(params, stream)
    source = Source("mails", "files", "mails.csv", 1, "CC0", "train", trusted=True)
    records = []
    for n in range(size + size // 10):
        id = content_id("push", str(n))
        words = [_WORDS[int(id[k : k + 2], 16) % len(_WORDS)] for k in range(0, 20, 2)]
        known = n >= size
        split: Split = "test" if known else "unlabelled"
        decision = Decision("source:mails") if known else None
        target = TASK.labels[n % 3] if known else None
        records.append(
            Record(id, {"text": " ".join([*words, str(n)])}, source, target, "en", split, id, labels_by=decision)
        )
    table = to_table(records, schema(TASK))
    for stage in ("clean", "label"):
        write_shards(table, folder / "data" / stage / "records.parquet")
    queue = [
        {
            "record_id": r.id,
            "reason": "unlabelled",
            "priority": n % 89 / 89,
            "prelabel": '"billing"',
            "confidence": n % 97 / 97,
        }
        for n, r in enumerate(records[:size])
    ]
    write_table(pa.Table.from_pylist(queue), folder / "data/label/queue.parquet")


def _run(folder: Path, action: str, kill_at: int | None = None) -> str:
    """Seconds and peak memory of `sft label <action>`; with `kill_at`, it is killed once so many tasks were sent."""
    started = time.monotonic()
    with (folder / "output").open("w+b") as output:
        command = [sys.executable, "-m", "pipeline.cli", "label", action]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "SFT_CACHE": str(folder / ".cache")}
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
        while kill_at is not None and os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            sent = [
                line.split() for line in (folder / "output").read_text("utf-8").splitlines() if line.startswith("sent")
            ]
            if sent and int(sent[-1][1].replace(",", "")) >= kill_at:
                time.sleep(0.3)  # the next batch is on its way
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.05)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode and kill_at is None:
        raise SystemExit((folder / "output").read_text("utf-8"))
    seconds, spent = time.monotonic() - started, used.ru_utime + used.ru_stime
    return f"{seconds:.0f} s wall, {spent:.0f} CPU s, {used.ru_maxrss / 2**10:.0f} MB peak"


def _tasks(folder: Path, size: int) -> str:
    """How many tasks the folder's project holds, and how many records stand twice."""
    home = folder / server.HOME
    headers = {"Authorization": f"Token {server.own_secrets(home)['token']}"}
    with httpx.Client(base_url=str(server.address(home)), headers=headers, timeout=120) as http:
        title = YAML(typ="safe").load((folder / "params.yaml").read_text("utf-8"))["studio"]["title"]
        project = next(
            p for p in http.get("/api/projects/", params={"title": title}).json()["results"] if p["title"] == title
        )
        names: Counter[str] = Counter(_names(http, project["id"]))
    twice = sum(count > 1 for count in names.values())
    return f"{len(names):,} records in the project, {twice:,} twice"


def _names(http: httpx.Client, project: int) -> Iterator[str]:
    page: dict[str, Any] = {"project": project, "fields": "all", "include": "id,data", "page_size": 1000, "page": 1}
    while True:
        found = http.get("/api/tasks/", params=page).json()
        yield from (task["data"]["record_id"] for task in found["tasks"])
        if page["page"] * 1000 >= found["total"]:
            return
        page["page"] += 1


if __name__ == "__main__":
    main()
