"""Loopback ports for servers that can't be told to pick their own."""

from __future__ import annotations

import os
import random
import socket
import time
from collections.abc import Callable, Iterator

HOST = "127.0.0.1"


FIRST, EACH = 20_000, 1_000
"""Each worker of pytest-xdist takes ports of its own, below those that the kernel gives away (32768 and more)."""


def _own_ports() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 12
    first = FIRST + worker * EACH
    start = random.randrange(EACH)  # another run of the suite may go on beside this one
    while True:
        yield from (first + (start + offset) % EACH for offset in range(EACH))


_PORTS = _own_ports()


def free_port() -> int:
    """A port on loopback that nobody listens on right now, by TCP or UDP; each call gives another one."""
    return next(port for port in _PORTS if _is_free(port))


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(type=kind) as probe:
            if kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                return False
    return True


def wait_for_port(port: int, seconds: float = 10.0, alive: Callable[[], bool] = lambda: True) -> None:
    """Return once somebody accepts on `port`; TimeoutError when nobody does in time, or is not `alive` to."""
    deadline = time.monotonic() + seconds
    while alive() and time.monotonic() < deadline:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(f"nobody accepts on {HOST}:{port} within {seconds} s")
