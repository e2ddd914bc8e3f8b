"""What a driver with `LINK = "modbus"` is handed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from gateway.links.capture import Capture
from gateway.links.serial import SerialLink
from gateway.links.state_file import StateFile
from gateway.protocols.modbus.frames import Framing, Rtu, Tcp
from gateway.protocols.modbus.line import ModbusLine, Timing
from gateway.protocols.modbus.settings import ModbusLineSettings

Kept = TypeVar("Kept")


class ModbusLink(Generic[Kept]):
    """`async with link.open() as line`. `kept` is what the driver wants to find again after the line was lost,
    `state_file` what after a restart of the gateway.
    """

    def __init__(self, settings: ModbusLineSettings, state_file: StateFile | None = None) -> None:
        self.settings = settings
        self.state_file = state_file or StateFile()
        self.kept: Kept | None = None
        self.capture = Capture()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ModbusLine]:
        """Open the port for ourselves alone; raises LinkLost that says what is wrong with it."""
        settings = self.settings
        framing: Framing = Tcp() if settings.framing == "tcp" else Rtu()
        timing = Timing(settings.answer_within, settings.character_s)
        async with SerialLink(settings, self.capture).open() as stream:
            line = ModbusLine(stream, framing, timing)
            await line.begin()
            yield line
