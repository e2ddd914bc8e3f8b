"""An open line in the loop, without threads: a descriptor that gives and takes bytes.

Reading is a pull: what nobody reads stays in the kernel's buffer, so nothing here grows. A
line that falls silent after bytes is told to the reader as `b""`, because half a frame would
otherwise linger in a decoder until the next event, which may be the burglar.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass

from gateway.errors import LinkLost
from gateway.links.capture import Capture
from gateway.model import Words

CHUNK = 4096
WRITE_LIMIT = 5.0
"""Seconds a write may wait for the line to drain before the line counts as lost."""


@dataclass(frozen=True, slots=True)
class SerialDescriptor:
    """Our end of a line: a descriptor that does not block, what it is called, and what to look at when it is gone."""

    fd: int
    name: str
    mend: Words


class SerialLine:
    """An open line: one task reads, any task writes."""

    def __init__(
        self, end: SerialDescriptor, gap: float, heard: Callable[[], None], capture: Capture | None = None
    ) -> None:
        self._fd = end.fd
        self._end = end
        self._gap = gap
        self._heard = heard
        self._capture = capture or Capture()
        self._midway = False
        self._writing = asyncio.Lock()
        self._waiting: set[asyncio.Future[None]] = set()
        self._closed = False

    async def read(self) -> bytes:
        """The next bytes as they come (at most 4 kB), or `b""` once when the line fell silent after some.

        Cancelling it loses nothing. Raises LinkLost when the line is gone.
        """
        if not self._midway:
            return self._took(await self._take())
        try:
            async with asyncio.timeout(self._gap):
                data = await self._take()
        except TimeoutError:
            self._midway = False
            return self._at_hand() or b""
        return self._took(data)

    async def read_until(self, when: float) -> bytes | None:
        """As `read`, or None when nothing came until `when`, a time of the loop's."""
        if asyncio.get_running_loop().time() >= when:
            return None  # one look after the time is enough: whoever babbles must not be heard for ever
        try:
            async with asyncio.timeout_at(when):
                return await self.read()
        except TimeoutError:
            return self._at_hand()

    async def write(self, data: bytes) -> None:
        """Return once the kernel has taken all of it; frames of several tasks never mix."""
        async with self._writing:
            self._capture.record("out", data)
            rest = self._put_now(memoryview(data))
            if not rest:
                return
            try:
                async with asyncio.timeout(WRITE_LIMIT):
                    while rest:
                        await self._ready(writing=True)
                        rest = self._put_now(rest)
            except TimeoutError:
                en = f"{self._end.name} took nothing for {WRITE_LIMIT:g} s"
                raise LinkLost(Words("线路发不出数据，请通知安装员", en)) from None

    def close(self) -> None:
        """Let go of the descriptor; whoever still reads or writes is told that the line is lost."""
        if not self._closed:
            self._closed = True
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._fd)
            loop.remove_writer(self._fd)
            for waiter in self._waiting:
                _fulfil(waiter)

    def _at_hand(self) -> bytes | None:
        """What came in time and was not looked at in time: after a pause of our own the clock is heard first."""
        data = self._take_now()
        return None if data is None else self._took(data)

    def _took(self, data: bytes) -> bytes:
        self._midway = True
        self._capture.record("in", data)
        self._heard()
        return data

    async def _take(self) -> bytes:
        while True:
            await self._ready(writing=False)
            data = self._take_now()
            if data is not None:
                return data

    def _take_now(self) -> bytes | None:
        """What waits in the kernel's buffer; None when nothing does."""
        self._check()
        try:
            data = os.read(self._fd, CHUNK)
        except BlockingIOError:
            return None
        except OSError as error:
            raise self._lost(error) from error
        if not data:
            raise self._lost(None)
        return data

    def _put_now(self, rest: memoryview) -> memoryview:
        """What the kernel's buffer has no room for."""
        self._check()
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except BlockingIOError:
            pass
        except OSError as error:
            raise self._lost(error) from error
        return rest

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
            raise LinkLost(Words("线路已关闭", f"{self._end.name} is closed"))

    def _lost(self, error: OSError | None) -> LinkLost:
        why = os.strerror(error.errno) if error and error.errno else "end of file"
        mend = self._end.mend
        return LinkLost(Words(f"线路中断，{mend.zh}", f"{self._end.name} is gone ({why}): {mend}"))


def _fulfil(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
