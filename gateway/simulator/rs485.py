"""A serial line between two programs that each open a port by its path: two pty pairs and a bridge between them."""

from __future__ import annotations

import asyncio
import os
import pty
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

BITS_PER_BYTE = 10


class PtyBridge:
    """Forwards bytes in both directions.

    `baud` 0: bytes take no time. `delay` returns how many seconds a device waits before it sends the data given.
    A device answers in the order of the requests; the first byte of its data is its address.
    """

    def __init__(self, gateway: int, devices: int, baud: int = 0) -> None:
        self._gateway, self._devices = gateway, devices
        self._idle_at = 0.0
        self._answered_at: dict[int, float] = {}
        self._loop = asyncio.get_running_loop()
        self.baud = baud
        self.cut = False
        self.delay: Callable[[bytes], float] = lambda _data: 0.0

    def start(self) -> None:
        """Forward until `stop`."""
        self._loop.add_reader(self._gateway, self._forward, self._gateway, self._devices)
        self._loop.add_reader(self._devices, self._forward, self._devices, self._gateway)

    def stop(self) -> None:
        """Forward nothing any more."""
        self._loop.remove_reader(self._gateway)
        self._loop.remove_reader(self._devices)
        self.cut = True

    def inject(self, noise: bytes) -> None:
        """Send noise to the gateway: bytes that no device sent."""
        self._write(self._gateway, noise)

    def _forward(self, source: int, target: int) -> None:
        data = os.read(source, 4096)
        duration = len(data) * BITS_PER_BYTE / self.baud if self.baud else 0.0
        self._idle_at = max(self._loop.time(), self._idle_at) + duration  # half duplex
        at = self._idle_at
        if source == self._devices:
            # A delayed response also delays the later ones of the same device.
            at = self._answered_at[data[0]] = max(at + self.delay(data), self._answered_at.get(data[0], 0.0))
        if at <= self._loop.time():
            self._write(target, data)
        else:
            self._loop.call_at(at, self._write, target, data)

    def _write(self, target: int, data: bytes) -> None:
        if not self.cut:
            with suppress(BlockingIOError):  # nobody reads: bytes on a wire are lost
                os.write(target, data)


@contextmanager
def rs485(name: Path | None = None, baud: int = 0) -> Iterator[tuple[PtyBridge, Path, Path]]:
    """The bridge, the gateway's port (linked as `name`) and the devices' port. Needs a running loop."""
    (ours, gateway), (theirs, devices) = pty.openpty(), pty.openpty()
    for fd in (ours, gateway, theirs, devices):
        tty.setraw(fd)
    for fd in (ours, theirs):
        os.set_blocking(fd, False)
    bridge = PtyBridge(ours, theirs, baud)
    bridge.start()
    try:
        if name:
            name.parent.mkdir(parents=True, exist_ok=True)
            name.unlink(missing_ok=True)
            name.symlink_to(os.ttyname(gateway))
        yield bridge, name or Path(os.ttyname(gateway)), Path(os.ttyname(devices))
    finally:
        bridge.stop()
        if name:
            name.unlink(missing_ok=True)
        for fd in (ours, gateway, theirs, devices):
            os.close(fd)
