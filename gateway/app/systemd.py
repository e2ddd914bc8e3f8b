"""sd_notify(3): sends a datagram to the socket that systemd names; does nothing without systemd."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

EXTENSION_S = 60
"""Seconds of start-up time asked for at once; asked again after a third of it."""
MAX_START_S = 3600.0
"""After this long no more time is asked for: systemd then restarts a gateway that hangs at startup."""


def notify(state: str) -> None:
    """Send `READY=1`, `WATCHDOG=1`, `STOPPING=1` or `STATUS=…`. Raises OSError."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        # A name that begins with @ is in the abstract namespace, which the kernel marks with a NUL byte.
        sock.sendto(state.encode(), address.replace("@", "\0", 1) if address.startswith("@") else address)


@contextmanager
def extend_start_timeout() -> Iterator[None]:
    """Ask for more time to start while the event loop runs: a large database may take minutes to migrate."""
    loop, until = asyncio.get_running_loop(), asyncio.get_running_loop().time() + MAX_START_S
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


async def feed_watchdog() -> None:
    """Notify systemd's watchdog twice in its period, until cancelled. A blocked event loop stops it."""
    period_us = int(os.environ.get("WATCHDOG_USEC", "0"))
    while period_us:
        notify("WATCHDOG=1")
        await asyncio.sleep(period_us / 2_000_000)
    await asyncio.Event().wait()  # without a watchdog: a background task that ends counts as failed
