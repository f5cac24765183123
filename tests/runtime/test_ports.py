"""Addresses and ports of servers on this machine."""

from __future__ import annotations

import socket

import pytest

from pipeline.core.errors import PipelineError
from pipeline.runtime.ports import free_port, is_loopback


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("192.168.1.2", False),
        ("::", False),
        ("localhost.example.org", False),
        ("", False),
    ],
)
def test_only_this_machine_reaches_a_loopback_address(host: str, own: bool) -> None:
    assert is_loopback(host) is own


def test_a_taken_port_gives_way_to_the_next() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port("127.0.0.1", port) > port
        with pytest.raises(PipelineError, match=f"no free port from {port} to {port}"):
            free_port("127.0.0.1", port, tries=1)


def test_ports_end_at_65535() -> None:
    with pytest.raises(PipelineError, match="no free port"):
        free_port("127.0.0.1", 70_000)
