"""`sft serve` under load: replies a second with 16 clients against the same replies offline; latency of an encoder.

    OMP_NUM_THREADS=1 python -m benchmarks.serving            # both
    OMP_NUM_THREADS=1 python -m benchmarks.serving chat 64    # replies; or: encoder 800 (requests)

Chat: the model of `sft init chat` after one step of training, replies of at most 24 tokens, every prompt its own.
Offline all prompts are given to the loaded model at once; online 16 clients wait for each reply before they ask the
next one. Encoder: a linear head on the default project's encoder, requests of one text. The server is a process of its
own; all ratios are of this run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from ruamel.yaml import YAML

from pipeline.core.settings import Task, parse
from pipeline.modeling.models import Models
from pipeline.runtime.ports import free_port
from pipeline.train.params import Params
from pipeline.train.run import train

CLIENTS, MOST = 16, 24
ROOT = Path(__file__).parents[1]
THINGS = ("tea", "rain", "chess", "trains", "bread", "maps", "glass", "wool", "clocks", "rivers")


def models_of(file: str) -> Models:
    """The section `models` of a file of settings."""
    return parse(YAML(typ="safe").load((ROOT / file).read_text("utf-8"))["models"], Models, "models")


def trained(folder: Path, task: Task, models: Models, rows: Sequence[dict], settings: dict) -> Path:
    """A model folder; half of the rows are dev."""
    (folder / "data").mkdir()
    for split, part in (("train", rows[::2]), ("validation", rows[1::2])):
        table = pa.Table.from_pylist([{"id": f"{split}{n}", **row} for n, row in enumerate(part)])
        pq.write_table(table, folder / "data" / f"{split}-00000-of-00001.parquet")
    train(folder, folder / "out", task, models, Params.model_validate(settings))
    return folder / "out" / "model"


class Load(NamedTuple):
    """Wall and the server's CPU seconds of all requests, wall seconds of each, and the answers."""

    wall: float
    cpu: float
    seconds: list[float]
    answers: list[dict]


def cpu_of(process: int) -> float:
    """CPU seconds of a process and its threads, on Linux."""
    words = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def under_load(model: Path, route: str, bodies: Sequence[dict]) -> Load:
    """All requests from `CLIENTS` clients; a first one loads the model, unmeasured."""
    port = free_port("127.0.0.1", 9190)
    command = [sys.executable, "-m", "pipeline.cli", "serve", "--model", str(model), "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = server.stdout.readline().split()[2]

        def ask(body: dict) -> tuple[float, dict]:
            started = time.perf_counter()
            request = urllib.request.Request(
                address + route, json.dumps(body).encode(), {"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(request, timeout=600) as response:
                answer = json.loads(response.read())
            return time.perf_counter() - started, answer

        ask(bodies[0])
        started, before = time.perf_counter(), cpu_of(server.pid)
        with ThreadPoolExecutor(CLIENTS) as pool:
            found = list(pool.map(ask, bodies))
        wall, cpu = time.perf_counter() - started, cpu_of(server.pid) - before
        return Load(wall, cpu, [seconds for seconds, _ in found], [answer for _, answer in found])
    finally:
        server.terminate()
        server.wait()


def chat(count: int, place: Path) -> None:
    """Tokens a second offline and with 16 clients."""
    from pipeline.modeling.predictor import load_predictor

    task = Task(type="chat", languages=("en", "zh"))
    asked = [f"{n}: say something about {THINGS[n % 10]} and {THINGS[n // 10 % 10]}." for n in range(count)]
    conversations = [
        {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "Why, yes."}]}
        for text in asked[:4]
    ]
    settings = {"epochs": 1, "batch_size": 2, "max_length": 64, "lora": {"rank": 2}, "freeze": "none"}
    settings |= {"learning_rate": 1e-6, "evaluations": 1, "max_new_tokens": MOST}
    model = trained(place, task, models_of("pipeline/commands/templates/chat.yaml"), conversations, settings)
    prompts = [{"messages": [{"role": "user", "content": text}]} for text in asked]
    predictor = load_predictor(model)
    predictor.predict(prompts[:1])
    started, before = time.perf_counter(), time.process_time()
    written = sum(one.reply.tokens for one in predictor.predict(prompts) if one.reply)
    wall, cpu = time.perf_counter() - started, time.process_time() - before
    load = under_load(model, "/v1/chat/completions", [{**body, "model": "sft"} for body in prompts])
    served = sum(answer["usage"]["completion_tokens"] for answer in load.answers)
    for name, offline, online in (("", written / wall, served / load.wall), ("CPU ", written / cpu, served / load.cpu)):
        print(
            f"chat: {count} replies, offline {offline:.1f} tokens a {name}s, {CLIENTS} clients {online:.1f}"
            f" ({online / offline:.0%})",
            flush=True,
        )
    print(f"chat: {told(load.seconds)}", flush=True)


def classifier(place: Path) -> Path:
    """The folder of an encoder with a linear head for two classes, trained on made-up lines."""
    task = Task(type="classification", labels=("bad", "good"), languages=("en",))
    rows = [
        {"text": f"{word} {thing} number {n}", "label": label}
        for n in range(4)
        for thing in THINGS
        for word, label in (("lovely", "good"), ("awful", "bad"))
        for _ in range(2)  # one for each split
    ]
    return trained(place, task, models_of("params.yaml"), rows, {"epochs": 0})


def encoder(count: int, place: Path) -> None:
    """Latency of single texts with 16 clients."""
    model = classifier(place)
    bodies = [{"rows": [{"text": f"quite a nice {THINGS[n % 10]}, number {n}"}]} for n in range(count)]
    load = under_load(model, "/v1/predict", bodies)
    print(
        f"encoder: {count} requests, {CLIENTS} clients, {count / load.wall:.0f} requests a s,"
        f" {count / load.cpu:.0f} a CPU s, {told(load.seconds)}",
        flush=True,
    )


def told(seconds: Sequence[float]) -> str:
    """Median and 99th percentile in milliseconds."""
    return f"p50 {np.percentile(seconds, 50) * 1000:.0f} ms, p99 {np.percentile(seconds, 99) * 1000:.0f} ms"


WAYS: dict[str, tuple[Callable[[int, Path], None], int]] = {"chat": (chat, 64), "encoder": (encoder, 800)}


def main() -> None:
    """What the command line names, or all."""
    words = sys.argv[1:]
    for name in [words[0]] if words else WAYS:
        work, count = WAYS[name]
        with tempfile.TemporaryDirectory() as place:
            work(int(words[1]) if len(words) > 1 else count, Path(place))


if __name__ == "__main__":
    main()
