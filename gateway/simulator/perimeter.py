"""A simulated perimeter host: the device's side of gateway/protocols/perimeter/frames.py, on a pty pair.

It shares no code with the driver, so that each tests the other.
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
"""Seconds after which an event that is not acknowledged is sent again."""
DONE, REFUSED, NO_SUCH = 0, 1, 2
SHANGHAI = ZoneInfo("Asia/Shanghai")

ALARM, RESTORED, TAMPERED, TAMPER_CLEARED, FAULTED, FAULT_CLEARED, BYPASSED, UNBYPASSED = range(1, 9)
ARMED, DISARMED = 0x11, 0x12
MAINS_LOST, MAINS_RESTORED, BATTERY_LOW, BATTERY_RESTORED = 0x21, 0x22, 0x23, 0x24


def crc16(body: bytes) -> bytes:
    """CRC-16/MODBUS over the body, low byte first."""
    crc = 0xFFFF
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return bytes((crc & 0xFF, crc >> 8))


def frame(address: int, function: int, sequence: int, payload: bytes = b"") -> bytes:
    """A whole frame with preamble and CRC."""
    body = bytes((address, function, sequence >> 8, sequence & 0xFF, len(payload))) + payload
    return b"\xaa\x55" + body + crc16(body)


def take_frames(buffer: bytearray) -> Iterator[bytes]:
    """Remove whole frames with a valid CRC from the front of `buffer`, and return them."""
    while (start := buffer.find(b"\xaa\x55")) >= 0:
        del buffer[:start]
        end = 9 + (buffer[6] if len(buffer) > 6 else 0)
        if len(buffer) < end:
            return
        received = bytes(buffer[:end])
        if crc16(received[2:-2]) == received[-2:]:
            del buffer[:end]
            yield received
        else:
            # A false start: search on behind this preamble.
            del buffer[:2]


class PerimeterHost:
    """A host with `zones` zones and one area."""

    def __init__(self, fd: int, address: int = 1, zones: int = 8, boot: int = 1) -> None:
        self._fd = fd
        self._address = address
        self._zones = zones
        self._boot = boot
        self._sequence = 0
        self._buffer = bytearray()
        self._pending: deque[tuple[int, bytes]] = deque(maxlen=BUFFERED_EVENTS)
        self._zone_bits = {ALARM: 0, TAMPERED: 0, FAULTED: 0, BYPASSED: 0}
        self._flags = 0
        self.armed = True
        self.cut = False
        """Whether its line is cut: nothing is received or sent."""
        self.acknowledged = 0

    async def run(self) -> None:
        """Respond and retransmit until cancelled."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._fd, self._read)
        try:
            while True:
                await asyncio.sleep(REPEAT_AFTER)
                # As real hosts: a few at a time, oldest first.
                for sequence, payload in list(self._pending)[:8]:
                    self._send(2, sequence, payload)
        finally:
            loop.remove_reader(self._fd)

    def report(self, code: int, number: int = 0) -> None:
        """Something happens at a zone, the area or the host: update the status and send the event."""
        self._remember(code, number)
        self._sequence = self._sequence % 0xFFFF + 1
        timestamp = datetime.now(SHANGHAI).strftime("%y%m%d%H%M%S")
        payload = bytes((self._boot >> 8, self._boot & 0xFF, code, number)) + bytes.fromhex(timestamp)
        self._pending.append((self._sequence, payload))
        self._send(2, self._sequence, payload)

    def _remember(self, code: int, number: int) -> None:
        if code in self._zone_bits:
            self._zone_bits[code] |= 1 << number - 1
        # The code after each alarm code is its restoral.
        elif code - 1 in self._zone_bits:
            self._zone_bits[code - 1] &= ~(1 << number - 1)
        elif code in (ARMED, DISARMED):
            self.armed = code == ARMED
        elif code in (MAINS_LOST, BATTERY_LOW):
            self._flags |= 1 if code == MAINS_LOST else 2
        elif code in (MAINS_RESTORED, BATTERY_RESTORED):
            self._flags &= ~(1 if code == MAINS_RESTORED else 2)

    def _read(self) -> None:
        with suppress(BlockingIOError):
            self._buffer += os.read(self._fd, 4096)
        for received in take_frames(self._buffer):
            if received[2] == self._address and not self.cut:
                self._answer(received[3], int.from_bytes(received[4:6]), received[7:-2])

    def _answer(self, function: int, sequence: int, payload: bytes) -> None:
        if function == 0x01:
            self._send(0x81, sequence, self._status())
        elif function == 0x82:
            before = len(self._pending)
            self._pending = deque((event for event in self._pending if event[0] != sequence), BUFFERED_EVENTS)
            self.acknowledged += before - len(self._pending)
        elif function in (0x11, 0x12, 0x13, 0x14):
            self._send(function | 0x80, sequence, bytes((self._command(function, payload[0] if payload else 0),)))

    def _command(self, function: int, number: int) -> int:
        if not 1 <= number <= (1 if function in (ARMED, DISARMED) else self._zones):
            return NO_SUCH
        if function == ARMED and self._zone_bits[ALARM]:
            return REFUSED  # as real hosts: no arming while a zone is open
        self.report({0x13: BYPASSED, 0x14: UNBYPASSED}.get(function, function), number)
        return DONE

    def _status(self) -> bytes:
        head = self._boot.to_bytes(2) + self._sequence.to_bytes(2)
        head += bytes((len(self._pending), self._flags, int(self.armed)))
        return head + b"".join(bits.to_bytes(8, "little") for bits in self._zone_bits.values())

    def _send(self, function: int, sequence: int, payload: bytes) -> None:
        if not self.cut:
            with suppress(BlockingIOError):  # nobody reads: bytes on a wire are lost
                os.write(self._fd, frame(self._address, function, sequence, payload))


@contextmanager
def pty_line(name: Path | None = None) -> Iterator[tuple[int, Path]]:
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
async def run_perimeter_host(name: Path | None = None, **settings: int) -> AsyncIterator[tuple[PerimeterHost, Path]]:
    """A host that runs on a line of its own until the block is left."""
    with pty_line(name) as (fd, path):
        host = PerimeterHost(fd, **settings)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(host.run())
            try:
                yield host, path
            finally:
                running.cancel()
