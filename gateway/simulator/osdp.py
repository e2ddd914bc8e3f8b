"""OSDP readers by libosdp's own peripheral, which we did not write, on a pty pair that may be as slow as a real line.

Readers of one line hear all of it; what is not for them is kept from them, as a reader's own chip would. With `baud`
every frame takes the time on the wire that it would take there, both ways.
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

from gateway.simulator.perimeter import line

CHIP_BYTES = 16
"""Of the buffer in a serial chip: what the gateway gets at once."""
REFRESHES = 3
"""After which libosdp's peripheral has read a command, and answered it."""
CAPABILITIES = (
    (Capability.LEDControl, 1, 1),
    (Capability.AudibleControl, 1, 1),
    (Capability.CardDataFormat, 1, 1),
    (Capability.CheckCharacter, 1, 1),
    (Capability.CommunicationSecurity, 1, 1),
    (Capability.Readers, 0, 1),
)
TEXT = (Capability.TextOutput, 1, 1)


class _Ends:
    id = 1

    def __init__(self) -> None:
        self.into = b""
        self.out = b""

    def read(self, limit: int) -> bytes:
        taken, self.into = self.into[:limit], self.into[limit:]
        return taken

    def write(self, data: bytes) -> int:
        self.out += data
        return len(data)

    def flush(self) -> None:
        self.into = b""


@dataclass
class SimulatedReader:
    """`key` None is a reader that speaks in the clear; `install` one that still has the default key."""

    address: int
    key: bytes | None = None
    install: bool = False
    capabilities: Sequence[tuple[int, int, int]] = CAPABILITIES
    dead: bool = False
    """Whether it hears nothing and says nothing."""
    tampered: bool = False
    powerless: bool = False
    commands: deque[Mapping[str, Any]] = field(default_factory=lambda: deque(maxlen=64))
    """What it was told to do, oldest first; questions after its status are none."""

    def __post_init__(self) -> None:
        self._ends = _Ends()
        flags = ([LibFlag.InstallMode] if self.install else []) + ([LibFlag.EnforceSecure] if self.key else [])
        osdp_sys.set_loglevel(LogLevel.Emergency)
        self._device = osdp_sys.PeripheralDevice(
            PDInfo(self.address, self._ends, scbk=self.key, name=f"twin {self.address}", flags=flags).get(),
            capabilities=PDCapabilities(self.capabilities).get(),
        )
        self._device.set_command_callback(self._told)

    def answer(self, command: bytes) -> bytes:
        """What it answers a frame that is for it."""
        if self.dead:
            return b""
        self._ends.into, self._ends.out = command, b""
        for _ in range(REFRESHES):
            self._device.refresh()
        return self._ends.out

    def card(self, value: int, bits: int) -> None:
        """A card is held to it: `bits` of `value`, the first one sent highest."""
        data = (value << (-bits % 8)).to_bytes((bits + 7) // 8)
        card = {"format": CardFormat.Wiegand, "direction": 0, "length": bits, "data": data}
        self._device.submit_event({"event": Event.CardRead, "reader_no": 0, **card})

    def keys(self, keys: bytes) -> None:
        self._device.submit_event({"event": Event.KeyPress, "reader_no": 0, "data": keys})

    def status(self, *, tampered: bool, powerless: bool = False) -> None:
        """Its cover was opened or closed, its supply failed or came back."""
        self.tampered, self.powerless = tampered, powerless
        self._tell_status()

    def _tell_status(self) -> None:
        local = {"type": StatusReportType.Local, "report": bytes((self.tampered, self.powerless))}
        self._device.submit_event({"event": Event.Status, **local})

    def _told(self, command: Mapping[str, Any]) -> tuple[int, None]:
        if command.get("command") == Command.Status:
            # libosdp 3.2.9 answers zeros whatever is returned here (and frees what is, twice), so it is told after
            if self.tampered or self.powerless:
                self._tell_status()
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
        """What the gateway said last."""

    async def run(self) -> None:
        """Answer until cancelled."""
        loop = asyncio.get_running_loop()
        frames: asyncio.Queue[bytes] = asyncio.Queue()
        loop.add_reader(self._fd, self._read, frames)
        try:
            while True:
                await self._answer(await frames.get())
        finally:
            loop.remove_reader(self._fd)

    def say(self, data: bytes) -> None:
        """Put bytes on the line that no reader meant."""
        with suppress(BlockingIOError):
            os.write(self._fd, data)

    def _read(self, frames: asyncio.Queue[bytes]) -> None:
        with suppress(BlockingIOError):
            self._buffer += os.read(self._fd, 4096)
        while (start := self._buffer.find(b"\x53")) >= 0:
            del self._buffer[:start]
            length = int.from_bytes(self._buffer[2:4], "little") if len(self._buffer) > 3 else 1 << 16
            if len(self._buffer) < length:
                return
            frames.put_nowait(bytes(self._buffer[:length]))
            del self._buffer[:length]

    async def _answer(self, frame: bytes) -> None:
        self.frames.append(frame)
        await self._pass(len(frame) + 1)
        reader = self.readers.get(frame[1])
        answer = reader.answer(b"\xff" + frame) if reader else b""
        for start in range(0, len(answer), CHIP_BYTES):
            piece = answer[start : start + CHIP_BYTES]
            await self._pass(len(piece))
            self.say(piece)

    async def _pass(self, characters: int) -> None:
        if self._character:
            await asyncio.sleep(characters * self._character)


@asynccontextmanager
async def reader_line(
    readers: Sequence[SimulatedReader], baud: int | None = None, name: Path | None = None
) -> AsyncIterator[tuple[ReaderLine, Path]]:
    """Readers that run on a line of their own until the block is left."""
    with line(name) as (fd, path):
        readers_there = ReaderLine(fd, readers, baud)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(readers_there.run())
            try:
                yield readers_there, path
            finally:
                running.cancel()
