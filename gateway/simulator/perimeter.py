"""The twin of a perimeter host: the device's side of gateway/protocols/perimeter/frames.py, on a pty pair.

It writes its frames by itself, sharing no code with the driver, so that one proves the other.
"""

from __future__ import annotations

import asyncio
import os
import pty
import tty
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

BUFFERED_EVENTS = 64
REPEAT_AFTER = 1.0
"""Seconds after which an event nobody acknowledged is sent again."""
DONE, REFUSED, NO_SUCH = 0, 1, 2
SHANGHAI = ZoneInfo("Asia/Shanghai")

ALARM, RESTORED, TAMPERED, UNTAMPERED, FAULTED, MENDED, BYPASSED, UNBYPASSED = range(1, 9)
ARMED, DISARMED = 0x11, 0x12
MAINS_LOST, MAINS_BACK, BATTERY_LOW, BATTERY_WELL = 0x21, 0x22, 0x23, 0x24


def check(body: bytes) -> bytes:
    """CRC-16/MODBUS over the body, low byte first."""
    crc = 0xFFFF
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return bytes((crc & 0xFF, crc >> 8))


def frame(address: int, function: int, sequence: int, payload: bytes = b"") -> bytes:
    body = bytes((address, function, sequence >> 8, sequence & 0xFF, len(payload))) + payload
    return b"\xaa\x55" + body + check(body)


def split(buffer: bytearray) -> Iterator[bytes]:
    """Take whole, right frames off the front of `buffer`; the rest stays."""
    while (start := buffer.find(b"\xaa\x55")) >= 0:
        del buffer[:start]
        end = 9 + (buffer[6] if len(buffer) > 6 else 0)
        if len(buffer) < end:
            return
        taken = bytes(buffer[:end])
        if check(taken[2:-2]) == taken[-2:]:
            del buffer[:end]
            yield taken
        else:
            del buffer[:2]


class WallHost:
    """A host with `zones` zones and one area."""

    def __init__(self, fd: int, address: int = 1, zones: int = 8, boot: int = 1) -> None:
        self._fd = fd
        self._address = address
        self._zones = zones
        self._boot = boot
        self._sequence = 0
        self._buffer = bytearray()
        self._pending: deque[tuple[int, bytes]] = deque(maxlen=BUFFERED_EVENTS)
        self._lasting = {ALARM: 0, TAMPERED: 0, FAULTED: 0, BYPASSED: 0}
        self._flags = 0
        self.armed = True
        self.cut = False
        """Whether the line to it is cut: it hears nothing and is not heard."""
        self.acknowledged = 0

    async def run(self) -> None:
        """Answer and repeat until cancelled."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._fd, self._read)
        try:
            while True:
                await asyncio.sleep(REPEAT_AFTER)
                for sequence, payload in list(self._pending)[:8]:
                    self._send(2, sequence, payload)
        finally:
            loop.remove_reader(self._fd)

    def report(self, code: int, number: int = 0) -> None:
        """Something happens at the zone, area or host: remember what lasts and send the event."""
        self._remember(code, number)
        self._sequence = self._sequence % 0xFFFF + 1
        moment = datetime.now(SHANGHAI).strftime("%y%m%d%H%M%S")
        payload = bytes((self._boot >> 8, self._boot & 0xFF, code, number)) + bytes.fromhex(moment)
        self._pending.append((self._sequence, payload))
        self._send(2, self._sequence, payload)

    def _remember(self, code: int, number: int) -> None:
        if code in self._lasting:
            self._lasting[code] |= 1 << number - 1
        elif code - 1 in self._lasting:
            self._lasting[code - 1] &= ~(1 << number - 1)
        elif code in (ARMED, DISARMED):
            self.armed = code == ARMED
        elif code in (MAINS_LOST, BATTERY_LOW):
            self._flags |= 1 if code == MAINS_LOST else 2
        elif code in (MAINS_BACK, BATTERY_WELL):
            self._flags &= ~(1 if code == MAINS_BACK else 2)

    def _read(self) -> None:
        with suppress(BlockingIOError):
            self._buffer += os.read(self._fd, 4096)
        for taken in split(self._buffer):
            if taken[2] == self._address and not self.cut:
                self._answer(taken[3], int.from_bytes(taken[4:6]), taken[7:-2])

    def _answer(self, function: int, sequence: int, payload: bytes) -> None:
        if function == 0x01:
            self._send(0x81, sequence, self._status())
        elif function == 0x82:
            before = len(self._pending)
            self._pending = deque((event for event in self._pending if event[0] != sequence), BUFFERED_EVENTS)
            self.acknowledged += before - len(self._pending)
        elif function in (0x11, 0x12, 0x13, 0x14):
            self._send(function | 0x80, sequence, bytes((self._order(function, payload[0] if payload else 0),)))

    def _order(self, function: int, number: int) -> int:
        if not 1 <= number <= (1 if function in (ARMED, DISARMED) else self._zones):
            return NO_SUCH
        if function == ARMED and self._lasting[ALARM]:
            return REFUSED  # as hosts do: no arming over an open zone
        self.report({0x13: BYPASSED, 0x14: UNBYPASSED}.get(function, function), number)
        return DONE

    def _status(self) -> bytes:
        head = self._boot.to_bytes(2) + self._sequence.to_bytes(2)
        head += bytes((len(self._pending), self._flags, int(self.armed)))
        return head + b"".join(bits.to_bytes(8, "little") for bits in self._lasting.values())

    def _send(self, function: int, sequence: int, payload: bytes) -> None:
        if not self.cut:
            with suppress(BlockingIOError):  # nobody listens: a wire forgets
                os.write(self._fd, frame(self._address, function, sequence, payload))


@contextmanager
def line(name: Path | None = None) -> Iterator[tuple[int, Path]]:
    """A pty pair: the device's descriptor and the path of the gateway's end, also linked as `name`."""
    device, gateway = pty.openpty()
    tty.setraw(gateway)
    os.set_blocking(device, False)
    path = Path(os.ttyname(gateway))
    try:
        if name:
            name.parent.mkdir(parents=True, exist_ok=True)
            name.unlink(missing_ok=True)
            name.symlink_to(path)
        yield device, name or path
    finally:
        if name:
            name.unlink(missing_ok=True)
        os.close(device)
        os.close(gateway)


@asynccontextmanager
async def wall_host(name: Path | None = None, **settings: int) -> AsyncIterator[tuple[WallHost, Path]]:
    """A host that runs on a line of its own until the block is left."""
    with line(name) as (fd, path):
        host = WallHost(fd, **settings)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(host.run())
            try:
                yield host, path
            finally:
                running.cancel()
