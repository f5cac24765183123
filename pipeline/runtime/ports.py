"""Addresses and ports of servers on this machine."""

from __future__ import annotations

import ipaddress
import socket

from pipeline.core.errors import PipelineError


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def free_port(host: str, wanted: int, tries: int = 50) -> int:
    """`wanted`, or the next port that nobody uses. Raises PipelineError where there is none."""
    for port in range(wanted, min(wanted + tries, 65536)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except (OSError, OverflowError):
                continue
            return port
    raise PipelineError(f"{host}: no free port from {wanted} to {wanted + tries - 1}.", "Name another one: --port")
