"""sd_notify(3): a datagram to the socket systemd names; nothing at all without systemd."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

EXTENSION_S = 60
LONGEST_START_S = 3600.0
"""After so long nobody asks for more time: what has not started by then never will."""


def notify(state: str) -> None:
    """Say `READY=1`, `WATCHDOG=1`, `STOPPING=1` or `STATUS=…`."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        sock.sendto(state.encode(), address.replace("@", "\0", 1) if address.startswith("@") else address)


@contextmanager
def extending() -> Iterator[None]:
    """Ask for more time to start, again and again while the loop turns: a large record may take minutes to migrate."""
    loop, until = asyncio.get_running_loop(), asyncio.get_running_loop().time() + LONGEST_START_S
    handle: asyncio.TimerHandle | None = None

    def ask() -> None:
        nonlocal handle
        notify(f"EXTEND_TIMEOUT_USEC={EXTENSION_S * 1_000_000:.0f}")
        if loop.time() < until:
            handle = loop.call_later(EXTENSION_S / 3, ask)

    ask()
    try:
        yield
    finally:
        if handle is not None:
            handle.cancel()


async def beat() -> None:
    """Tell the watchdog that the loop turns, twice in its period; runs for good."""
    period_us = int(os.environ.get("WATCHDOG_USEC", "0"))
    while period_us:
        notify("WATCHDOG=1")
        await asyncio.sleep(period_us / 2_000_000)
    await asyncio.Event().wait()
