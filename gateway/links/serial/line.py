"""An open serial line in the event loop, without threads: a descriptor that is read and written.

Bytes are read only when the driver asks for them. What nobody reads stays in the kernel's buffer, so nothing here
grows. Silence after bytes is reported to the reader as `b""`: half a frame would otherwise stay in a decoder until
the next event, which may be the burglar.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass

from gateway.errors import LinkLost
from gateway.links.capture import Capture
from gateway.model import Words

READ_BYTES = 4096
WRITE_TIMEOUT_S = 5.0
"""How long a write may wait for the line to drain before the line counts as lost."""


@dataclass(frozen=True, slots=True)
class SerialDescriptor:
    """A non-blocking descriptor, its name in messages, and what to check when the line is lost."""

    fd: int
    name: str
    fix: Words


class SerialLine:
    """An open line: one task reads, any task writes.

    `gap` is how many seconds of silence end a frame. `heard` is called for all bytes that come.
    """

    def __init__(
        self, descriptor: SerialDescriptor, gap: float, heard: Callable[[], None], capture: Capture | None = None
    ) -> None:
        self._fd = descriptor.fd
        self._descriptor = descriptor
        self._gap = gap
        self._heard = heard
        self._capture = capture or Capture()
        self._in_frame = False
        """Bytes came, and the silence after them has not been reported."""
        self._writing = asyncio.Lock()
        self._waiting: set[asyncio.Future[None]] = set()
        self._closed = False

    async def read(self) -> bytes:
        """The next bytes, at most 4 kB, or `b""` once when the line fell silent after some.

        Cancelling it loses no bytes. Raises LinkLost when the line is gone.
        """
        if not self._in_frame:
            return self._received(await self._read())
        try:
            async with asyncio.timeout(self._gap):
                data = await self._read()
        except TimeoutError:
            self._in_frame = False
            return self._available() or b""
        return self._received(data)

    async def read_until(self, when: float) -> bytes | None:
        """Like `read`, but None when nothing came until `when`, in the loop's time."""
        if asyncio.get_running_loop().time() >= when:
            # `_available` has been asked once after the deadline. Not again: a device that babbles would hold the
            # caller here for ever.
            return None
        try:
            async with asyncio.timeout_at(when):
                return await self.read()
        except TimeoutError:
            return self._available()

    async def write(self, data: bytes) -> None:
        """Returns once the kernel has taken all of it. What several tasks write is never interleaved."""
        async with self._writing:
            self._capture.record("out", data)
            left = self._write_now(memoryview(data))
            if not left:
                return
            try:
                async with asyncio.timeout(WRITE_TIMEOUT_S):
                    while left:
                        await self._ready(writing=True)
                        left = self._write_now(left)
            except TimeoutError:
                en = f"{self._descriptor.name} took nothing for {WRITE_TIMEOUT_S:g} s"
                raise LinkLost(Words("线路发不出数据，请通知安装员", en)) from None

    def close(self) -> None:
        """Stop using the descriptor; whoever still reads or writes gets LinkLost."""
        if not self._closed:
            self._closed = True
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._fd)
            loop.remove_writer(self._fd)
            for waiter in self._waiting:
                _resolve(waiter)

    def _available(self) -> bytes | None:
        """Bytes that are there after a timeout, or None.

        When the process was stopped for a while, bytes and the timeout are both due, and the timeout runs first.
        """
        data = self._read_now()
        return None if data is None else self._received(data)

    def _received(self, data: bytes) -> bytes:
        self._in_frame = True
        self._capture.record("in", data)
        self._heard()
        return data

    async def _read(self) -> bytes:
        while True:
            await self._ready(writing=False)
            data = self._read_now()
            if data is not None:
                return data

    def _read_now(self) -> bytes | None:
        """What is in the kernel's buffer; None when there is nothing."""
        self._check_open()
        try:
            data = os.read(self._fd, READ_BYTES)
        except BlockingIOError:
            return None
        except OSError as error:
            raise self._lost(error) from error
        if not data:
            raise self._lost(None)
        return data

    def _write_now(self, left: memoryview) -> memoryview:
        """Write, and return what the kernel's buffer had no room for."""
        self._check_open()
        try:
            while left:
                left = left[os.write(self._fd, left) :]
        except BlockingIOError:
            pass
        except OSError as error:
            raise self._lost(error) from error
        return left

    async def _ready(self, *, writing: bool) -> None:
        self._check_open()
        loop = asyncio.get_running_loop()
        add, remove = (loop.add_writer, loop.remove_writer) if writing else (loop.add_reader, loop.remove_reader)
        ready = loop.create_future()
        self._waiting.add(ready)
        add(self._fd, _resolve, ready)
        try:
            await ready
        finally:
            self._waiting.discard(ready)
            if not self._closed:  # else the number may be another file's descriptor by now
                remove(self._fd)

    def _check_open(self) -> None:
        if self._closed:
            raise LinkLost(Words("线路已关闭", f"{self._descriptor.name} is closed"))

    def _lost(self, error: OSError | None) -> LinkLost:
        why = os.strerror(error.errno) if error and error.errno else "end of file"
        fix = self._descriptor.fix
        return LinkLost(Words(f"线路中断，{fix.zh}", f"{self._descriptor.name} is gone ({why}): {fix}"))


def _resolve(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
