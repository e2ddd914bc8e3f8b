"""A serial line in the loop, without threads: opened by pyserial, then its descriptor is ours.

Reading is a pull: what nobody reads stays in the kernel's buffer (4 kB), so nothing here
grows. A line that falls silent after bytes is told to the reader as `b""`, because half a
frame would otherwise linger in a decoder until the next event, which may be the burglar.
"""

from __future__ import annotations

import asyncio
import errno
import os
import termios
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Literal

import serial
from pydantic import Field

from gateway.driver import DriverSettings
from gateway.errors import LinkLost

CHUNK = 4096
MIN_GAP = 0.05
"""Seconds. USB adapters hand over what they have every 16 ms, so a shorter silence means nothing."""
GAP_CHARACTERS = 40
WRITE_LIMIT = 5.0
"""Seconds a write may wait for the line to drain before the line counts as lost."""

_PARITY = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}
_MENDS = {
    errno.ENOENT: "does not exist: is the adapter plugged in? `ls /dev/serial/by-id` lists what is",
    errno.EACCES: "may not be opened: add the daemon's user to the group `dialout`",
    errno.EAGAIN: "is already in use: one port serves one device, and no other program may hold it",
    errno.EBUSY: "is already in use: one port serves one device, and no other program may hold it",
}


class SerialSettings(DriverSettings):
    """What the YAML says about a serial port, flat beside the driver's own keys."""

    port: Annotated[str, Field(min_length=1, description="device file; best one under /dev/serial/by-id")]
    baud: Annotated[int, Field(ge=300, le=4_000_000)] = 9600
    data_bits: Literal[7, 8] = 8
    parity: Literal["none", "even", "odd"] = "none"
    stop_bits: Literal[1, 2] = 1

    @property
    def gap(self) -> float:
        """Seconds of silence that end a frame: 40 characters' time, at least 50 ms."""
        bits = 1 + self.data_bits + (self.parity != "none") + self.stop_bits
        return max(MIN_GAP, GAP_CHARACTERS * bits / self.baud)


class SerialLink:
    """What a driver with `LINK = "serial"` is handed: `async with link.open() as line`."""

    def __init__(self, settings: SerialSettings) -> None:
        self.settings = settings
        self.on_heard: Callable[[], None] | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[SerialLine]:
        """Open and lock the port; raises LinkLost that says what is wrong with it."""
        port = _open(self.settings)
        line = SerialLine(port.fileno(), self.settings, self._heard)
        try:
            yield line
        finally:
            line.close()
            with suppress(OSError, termios.error):
                port.reset_output_buffer()  # else close() waits until a dead line has drained
            port.close()

    def _heard(self) -> None:
        if self.on_heard:
            self.on_heard()


class SerialLine:
    """An open line: one task reads, any task writes."""

    def __init__(self, fd: int, settings: SerialSettings, heard: Callable[[], None]) -> None:
        self._fd = fd
        self._name = settings.port
        self._gap = settings.gap
        self._heard = heard
        self._midway = False
        self._writing = asyncio.Lock()
        self._waiting: set[asyncio.Future[None]] = set()
        self._closed = False

    async def read(self) -> bytes:
        """The next bytes as they come (at most 4 kB), or `b""` once when the line fell silent after some.

        Cancelling it loses nothing. Raises LinkLost when the line is gone.
        """
        try:
            async with asyncio.timeout(self._gap if self._midway else None):
                data = await self._take()
        except TimeoutError:
            self._midway = False
            return b""
        self._midway = True
        self._heard()
        return data

    async def write(self, data: bytes) -> None:
        """Return once the kernel has taken all of it; frames of several tasks never mix."""
        async with self._writing:
            try:
                async with asyncio.timeout(WRITE_LIMIT):
                    await self._put(memoryview(data))
            except TimeoutError:
                raise LinkLost(f"serial port {self._name} took nothing for {WRITE_LIMIT:g} s") from None

    def close(self) -> None:
        """Let go of the descriptor; whoever still reads or writes is told that the line is lost."""
        if not self._closed:
            self._closed = True
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._fd)
            loop.remove_writer(self._fd)
            for waiter in self._waiting:
                _fulfil(waiter)

    async def _take(self) -> bytes:
        while True:
            await self._ready(writing=False)
            self._check()
            try:
                data = os.read(self._fd, CHUNK)
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._lost(error) from error
            if not data:
                raise self._lost(None)
            return data

    async def _put(self, rest: memoryview) -> None:
        while rest:
            self._check()
            try:
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:
                await self._ready(writing=True)
            except OSError as error:
                raise self._lost(error) from error

    async def _ready(self, *, writing: bool) -> None:
        self._check()
        loop = asyncio.get_running_loop()
        add, remove = (loop.add_writer, loop.remove_writer) if writing else (loop.add_reader, loop.remove_reader)
        ready = loop.create_future()
        self._waiting.add(ready)
        add(self._fd, _fulfil, ready)
        try:
            await ready
        finally:
            self._waiting.discard(ready)
            if not self._closed:
                remove(self._fd)

    def _check(self) -> None:
        if self._closed:
            raise LinkLost(f"serial port {self._name} is closed")

    def _lost(self, error: OSError | None) -> LinkLost:
        why = os.strerror(error.errno) if error and error.errno else "end of file"
        return LinkLost(f"serial port {self._name} is gone ({why}): is the adapter still plugged in?")


def _fulfil(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _open(settings: SerialSettings) -> serial.Serial:
    try:
        port = serial.Serial(
            settings.port,
            settings.baud,
            bytesize=settings.data_bits,
            parity=_PARITY[settings.parity],
            stopbits=settings.stop_bits,
            timeout=0,
            exclusive=True,
        )
    except (OSError, ValueError, termios.error) as error:
        raise LinkLost(f"serial port {settings.port} {_explain(error)}") from error
    os.set_blocking(port.fileno(), False)
    attributes = termios.tcgetattr(port.fileno())
    attributes[6][termios.VMIN] = 1  # pyserial's 0 makes "nothing yet" look like end of file
    termios.tcsetattr(port.fileno(), termios.TCSANOW, attributes)
    return port


def _explain(error: Exception) -> str:
    number = error.errno if isinstance(error, OSError) else error.args[0] if error.args else None
    return _MENDS.get(number, f"can't be opened: {error}") if isinstance(number, int) else f"can't be opened: {error}"
