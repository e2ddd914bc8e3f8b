"""The link of a driver with `LINK = "modbus"`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from gateway.links.capture import Capture
from gateway.links.serial import SerialLink
from gateway.links.state_file import StateFile
from gateway.protocols.modbus.client import ModbusClient, Timing
from gateway.protocols.modbus.frames import ModbusFramer, RtuFramer, TcpFramer
from gateway.protocols.modbus.settings import ModbusLineSettings

DriverState = TypeVar("DriverState")


class ModbusLink(Generic[DriverState]):
    """Opens the line: `async with link.open() as client`.

    `driver_state` is what the driver keeps while the line is lost, `state_file` what it keeps over a restart of the
    gateway.
    """

    def __init__(self, settings: ModbusLineSettings, state_file: StateFile | None = None) -> None:
        self.settings = settings
        self.state_file = state_file or StateFile()
        self.driver_state: DriverState | None = None
        self.tape = Capture()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ModbusClient]:
        """Open the port exclusively; raises LinkLost with the reason."""
        settings = self.settings
        framer: ModbusFramer = TcpFramer() if settings.framing == "tcp" else RtuFramer()
        timing = Timing(settings.response_timeout_s, settings.character_s)
        async with SerialLink(settings, self.tape).open() as stream:
            client = ModbusClient(stream, framer, timing)
            # A client that was closed a moment ago, ours or another's, may have left a request unanswered.
            await client.drain()
            yield client
