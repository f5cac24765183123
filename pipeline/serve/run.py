"""Start the application: address, free port, and what may be reached from outside."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING

from pipeline.core.errors import PipelineError
from pipeline.runtime.ports import is_loopback
from pipeline.serve.limits import REQUEST_SECONDS, FewLines, connections

if TYPE_CHECKING:
    from fastapi import FastAPI

#: Connections that the system keeps until they are taken. Where they are too few it drops the next one's first packet,
#: which is sent again after a second, then after three. A guess: not measured.
_WAITING = 1024


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
    from pipeline.serve.protocol import limited

    most = connections()
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=limited(most, REQUEST_SECONDS),
        ws="none",
        backlog=max(4, most // 8),  # how many connections asyncio takes at a time, before the oldest can make room
        h11_max_incomplete_event_size=32_768,  # bytes of a request's head
        log_level="error",  # a warning for each malformed request would let a client fill the disk
        access_log=False,
    )
    server, listening = uvicorn.Server(config), config.bind_socket()
    for name in ("asyncio", "uvicorn.error"):
        logging.getLogger(name).addFilter(FewLines())
    thread = Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.05)
        listening.listen(_WAITING)
        sys.stdout.write(f"serving on http://{host}:{port} (stop: Ctrl+C)\n")
        sys.stdout.flush()
        on_start()
        while thread.is_alive():
            thread.join(1)
    finally:
        server.should_exit = True
        thread.join(10)
