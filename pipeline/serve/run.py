"""Start the application: address, free port, and what may be reached from outside."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING

from pipeline.core.errors import PipelineError
from pipeline.runtime.ports import is_loopback

if TYPE_CHECKING:
    from fastapi import FastAPI


def serve(app: FastAPI, host: str, port: int, secret: str | None, on_start: Callable[[], None] = lambda: None) -> None:
    """Answer requests until interrupted. An address that others can reach needs a secret.

    `on_start` runs once requests are answered; what it raises stops the server.
    """
    import uvicorn

    if secret is None and not is_loopback(host):
        raise PipelineError(
            f"{host} can be reached from other machines, and no secret is set.",
            "Set SFT_SERVE_SECRET in the environment, or serve on 127.0.0.1.",
        )
    server = uvicorn.Server(uvicorn.Config(app, host=host, port=port, log_level="warning", access_log=False))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.05)
        sys.stdout.write(f"serving on http://{host}:{port} (stop: Ctrl+C)\n")
        sys.stdout.flush()
        on_start()
        while thread.is_alive():
            thread.join(1)
    finally:
        server.should_exit = True
        thread.join(10)
