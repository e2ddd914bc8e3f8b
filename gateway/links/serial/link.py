"""What a driver with `LINK = "serial"` is handed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from gateway.links.capture import Capture
from gateway.links.serial import converter, tty
from gateway.links.serial.line import SerialLine
from gateway.links.serial.settings import SerialSettings


class SerialLink:
    """`async with link.open() as line`: the same line, whether it is local or behind a converter.

    `kept` is for what the driver wants to find again after the line was lost: the driver is built anew then, the link
    is not. The app may set `on_heard`, called for all bytes that come.
    """

    def __init__(self, settings: SerialSettings, capture: Capture | None = None) -> None:
        self.settings = settings
        self.capture = capture or Capture()
        self.kept: Any = None
        self.on_heard: Callable[[], None] | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[SerialLine]:
        """Open the port exclusively; raises LinkLost that says what is wrong with it."""
        settings = self.settings
        address = settings.converter
        opened = converter.connected(settings.port, address) if address else tty.opened(settings)
        async with opened as descriptor:
            line = SerialLine(descriptor, settings.gap, self._heard, self.capture)
            try:
                yield line
            finally:
                line.close()

    def _heard(self) -> None:
        if self.on_heard:
            self.on_heard()
