"""A line between two programs that both open a port by its path: two pty pairs, joined by a wire."""

from __future__ import annotations

import asyncio
import os
import pty
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

BITS_PER_BYTE = 10


class Wire:
    """`baud` 0: bytes take no time. `late` may say how many seconds a device takes to answer with a piece.

    A device answers in the order in which it was asked, as devices do: its address is a piece's first byte.
    """

    def __init__(self, gateway: int, devices: int, baud: int = 0) -> None:
        self._gateway, self._devices = gateway, devices
        self._free_at = 0.0
        self._answered_at: dict[int, float] = {}
        self._loop = asyncio.get_running_loop()
        self.baud = baud
        self.cut = False
        self.late: Callable[[bytes], float] = lambda _piece: 0.0

    def carry(self) -> None:
        """From now on, until `drop`."""
        self._loop.add_reader(self._gateway, self._pass_on, self._gateway, self._devices)
        self._loop.add_reader(self._devices, self._pass_on, self._devices, self._gateway)

    def drop(self) -> None:
        self._loop.remove_reader(self._gateway)
        self._loop.remove_reader(self._devices)
        self.cut = True

    def say(self, noise: bytes) -> None:
        """Bytes that no device sent."""
        self._put(self._gateway, noise)

    def _pass_on(self, here: int, there: int) -> None:
        piece = os.read(here, 4096)
        took = len(piece) * BITS_PER_BYTE / self.baud if self.baud else 0.0
        self._free_at = max(self._loop.time(), self._free_at) + took  # one at a time, as on two wires
        at = self._free_at
        if here == self._devices:
            at = self._answered_at[piece[0]] = max(at + self.late(piece), self._answered_at.get(piece[0], 0.0))
        if at <= self._loop.time():
            self._put(there, piece)
        else:
            self._loop.call_at(at, self._put, there, piece)

    def _put(self, there: int, piece: bytes) -> None:
        if not self.cut:
            with suppress(BlockingIOError):  # nobody reads: a wire forgets
                os.write(there, piece)


@contextmanager
def rs485(name: Path | None = None, baud: int = 0) -> Iterator[tuple[Wire, Path, Path]]:
    """The wire, the gateway's port (linked as `name`) and the devices' port; within a running loop."""
    (ours, gateway), (theirs, devices) = pty.openpty(), pty.openpty()
    for fd in (ours, gateway, theirs, devices):
        tty.setraw(fd)
    for fd in (ours, theirs):
        os.set_blocking(fd, False)
    wire = Wire(ours, theirs, baud)
    wire.carry()
    try:
        if name:
            name.parent.mkdir(parents=True, exist_ok=True)
            name.unlink(missing_ok=True)
            name.symlink_to(os.ttyname(gateway))
        yield wire, name or Path(os.ttyname(gateway)), Path(os.ttyname(devices))
    finally:
        wire.drop()
        if name:
            name.unlink(missing_ok=True)
        for fd in (ours, gateway, theirs, devices):
            os.close(fd)
