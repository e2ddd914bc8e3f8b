"""OSDP readers: libosdp's own peripheral, which we did not write, on a pty pair with a real line's speed.

All readers of a line receive all of it; frames for others are filtered out, as a reader's own chip would do. With
`baud` every frame takes the time that it would take on the wire, both ways.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import osdp_sys
from osdp import (
    Capability,
    CardFormat,
    Command,
    Event,
    LibFlag,
    LogLevel,
    PDCapabilities,
    PDInfo,
    StatusReportType,
)

from gateway.simulator.perimeter import pty_line

CHIP_BYTES = 16
"""Size of a serial chip's buffer: what the gateway receives at once."""
REFRESHES = 3
"""How often libosdp's peripheral must be refreshed to read a command and answer it."""
CAPABILITIES = (
    (Capability.LEDControl, 1, 1),
    (Capability.AudibleControl, 1, 1),
    (Capability.CardDataFormat, 1, 1),
    (Capability.CheckCharacter, 1, 1),
    (Capability.CommunicationSecurity, 1, 1),
    (Capability.Readers, 0, 1),
)
TEXT = (Capability.TextOutput, 1, 1)


class _TwinChannel:
    """libosdp's channel, in memory."""

    id = 1

    def __init__(self) -> None:
        self.received = b""
        self.sent = b""

    def read(self, limit: int) -> bytes:
        taken, self.received = self.received[:limit], self.received[limit:]
        return taken

    def write(self, data: bytes) -> int:
        self.sent += data
        return len(data)

    def flush(self) -> None:
        self.received = b""


@dataclass
class SimulatedReader:
    """`key` None is a reader without encryption; `install` one that still has the default key."""

    address: int
    key: bytes | None = None
    install: bool = False
    capabilities: Sequence[tuple[int, int, int]] = CAPABILITIES
    offline: bool = False
    """Whether it neither receives nor sends."""
    tampered: bool = False
    powerless: bool = False
    commands: deque[Mapping[str, Any]] = field(default_factory=lambda: deque(maxlen=64))
    """The commands it received, oldest first, without status polls."""

    def __post_init__(self) -> None:
        self._channel = _TwinChannel()
        flags = ([LibFlag.InstallMode] if self.install else []) + ([LibFlag.EnforceSecure] if self.key else [])
        osdp_sys.set_loglevel(LogLevel.Emergency)
        self._device = osdp_sys.PeripheralDevice(
            PDInfo(self.address, self._channel, scbk=self.key, name=f"twin {self.address}", flags=flags).get(),
            capabilities=PDCapabilities(self.capabilities).get(),
        )
        self._device.set_command_callback(self._on_command)

    def answer(self, command: bytes) -> bytes:
        """Its response to a frame addressed to it."""
        if self.offline:
            return b""
        self._channel.received, self._channel.sent = command, b""
        for _ in range(REFRESHES):
            self._device.refresh()
        return self._channel.sent

    def card(self, value: int, bits: int) -> None:
        """Somebody shows a card: `bits` bits of `value`, most significant first."""
        data = (value << (-bits % 8)).to_bytes((bits + 7) // 8)
        card = {"format": CardFormat.Wiegand, "direction": 0, "length": bits, "data": data}
        self._device.submit_event({"event": Event.CardRead, "reader_no": 0, **card})

    def keys(self, keys: bytes) -> None:
        """Somebody presses keys."""
        self._device.submit_event({"event": Event.KeyPress, "reader_no": 0, "data": keys})

    def status(self, *, tampered: bool, powerless: bool = False) -> None:
        """Its cover was opened or closed, its power failed or returned."""
        self.tampered, self.powerless = tampered, powerless
        self._send_status()

    def _send_status(self) -> None:
        local = {"type": StatusReportType.Local, "report": bytes((self.tampered, self.powerless))}
        self._device.submit_event({"event": Event.Status, **local})

    def _on_command(self, command: Mapping[str, Any]) -> tuple[int, None]:
        if command.get("command") == Command.Status:
            # libosdp 3.2.9 ignores what is returned here, and frees it twice: send the status as an event instead
            if self.tampered or self.powerless:
                self._send_status()
        else:
            self.commands.append(dict(command))
        return 0, None


class ReaderLine:
    """Readers on one line; `fd` is their end of it."""

    def __init__(self, fd: int, readers: Sequence[SimulatedReader], baud: int | None = None) -> None:
        self._fd = fd
        self._character = 10 / baud if baud else 0.0
        self._buffer = bytearray()
        self.readers = {reader.address: reader for reader in readers}
        self.frames: deque[bytes] = deque(maxlen=64)
        """The last frames from the gateway."""

    async def run(self) -> None:
        """Respond until cancelled."""
        loop = asyncio.get_running_loop()
        frames: asyncio.Queue[bytes] = asyncio.Queue()
        loop.add_reader(self._fd, self._read, frames)
        try:
            while True:
                await self._answer(await frames.get())
        finally:
            loop.remove_reader(self._fd)

    def inject(self, data: bytes) -> None:
        """Put bytes on the line that no reader sent."""
        with suppress(BlockingIOError):
            os.write(self._fd, data)

    def _read(self, frames: asyncio.Queue[bytes]) -> None:
        with suppress(BlockingIOError):
            self._buffer += os.read(self._fd, 4096)
        while (start := self._buffer.find(b"\x53")) >= 0:
            del self._buffer[:start]
            # Until the length has arrived, wait as if for an endless frame.
            length = int.from_bytes(self._buffer[2:4], "little") if len(self._buffer) > 3 else 1 << 16
            if len(self._buffer) < length:
                return
            frames.put_nowait(bytes(self._buffer[:length]))
            del self._buffer[:length]

    async def _answer(self, frame: bytes) -> None:
        self.frames.append(frame)
        # The frame and the marking byte before it.
        await self._transmit(len(frame) + 1)
        reader = self.readers.get(frame[1])
        answer = reader.answer(b"\xff" + frame) if reader else b""
        for start in range(0, len(answer), CHIP_BYTES):
            chunk = answer[start : start + CHIP_BYTES]
            await self._transmit(len(chunk))
            self.inject(chunk)

    async def _transmit(self, characters: int) -> None:
        if self._character:
            await asyncio.sleep(characters * self._character)


@asynccontextmanager
async def reader_line(
    readers: Sequence[SimulatedReader], baud: int | None = None, name: Path | None = None
) -> AsyncIterator[tuple[ReaderLine, Path]]:
    """Readers that run on a line of their own until the block is left."""
    with pty_line(name) as (fd, path):
        line = ReaderLine(fd, readers, baud)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(line.run())
            try:
                yield line, path
            finally:
                running.cancel()
