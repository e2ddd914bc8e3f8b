"""QR readers (二维码读头) that print the text of a code, on a serial line or by TCP.

A reader on IP in TCP server mode is a `port: tcp://host:port`, as a converter is. A code becomes `code.read`; its text
is a credential and goes to the decision at the door in memory: neither the journal nor the quarantine keeps it. Readers
have no list of their own, so one that can't reach the gateway opens nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from gateway.driver import Driver, DriverSettings, Emit
from gateway.errors import BadInput, NotRecorded
from gateway.links.quarantine import LimitedQuarantine, UnreadableCounter
from gateway.links.serial import SerialLink, SerialSettings
from gateway.model import Device, DeviceType, Signal, Words
from gateway.protocols.credential.code_lines import CodeLineDecoder
from gateway.protocols.credential.masking import mask_text
from gateway.settings.durations import Duration, max_duration

RETRY_S = 1.0
"""Seconds between attempts to commit that a code was read, when the disk fails."""


class QrReaderSettings(SerialSettings):
    """The line, and what the reader prints."""

    baud: Annotated[int, Field(ge=300, le=4_000_000)] = 115200
    prefix: Annotated[
        str, Field(max_length=16, description="what the reader prints in front of every code; it is taken off")
    ] = ""
    repeat: Annotated[
        Duration,
        max_duration(timedelta(minutes=1)),
        Field(description="the same code within this time is reported once"),
    ] = timedelta(seconds=3)


class QrReader(Driver):
    """One reader."""

    Settings: ClassVar[type[DriverSettings]] = QrReaderSettings
    LINK = "serial"
    TYPE = DeviceType.READER

    settings: QrReaderSettings

    def __init__(self, device: Device, settings: QrReaderSettings, link: SerialLink, emit: Emit) -> None:
        super().__init__(device, settings, link, emit)
        self._quarantine_limit, self._unread = LimitedQuarantine(emit), UnreadableCounter(emit)
        self._last = ""
        self._repeats_until = 0.0

    async def run(self) -> None:
        """Read codes until cancelled. Raises LinkLost when the line is gone."""
        decoder = CodeLineDecoder(self.settings.prefix)
        async with self.link.open() as line:
            self.emit.heard()
            while True:
                chunk = await line.read()
                # An empty chunk means that the line fell silent: a line that has begun will not be completed.
                for found in decoder.feed(chunk) if chunk else decoder.reset():
                    await self._handle(found)

    async def _handle(self, found: str | BadInput) -> None:
        if isinstance(found, BadInput):
            reason = Words.of(found.why)
            why = Words(f"{reason.zh}（已遮盖）", f"{reason.en} (masked)")
            await self._quarantine_limit.put(why, mask_text(found.data))
            self._unread.unreadable(reason)
            return
        self._unread.readable()
        self.emit.heard()
        if not self._is_repetition(found):
            await self._emit(found)

    def _is_repetition(self, code: str) -> bool:
        """Return True for a code that stays before the reader, which prints it again and again."""
        now = asyncio.get_running_loop().time()
        is_repetition = code == self._last and now < self._repeats_until
        self._last, self._repeats_until = code, now + self.settings.repeat.total_seconds()
        return is_repetition

    async def _emit(self, code: str) -> None:
        """Present the code to the decision, and record that one was read. Retried until it is on record."""
        signal = Signal(device=self.device.id, kind="code.read", data={"format": "QRCode"}, fresh=True, secret=code)
        while True:
            try:
                await self.emit(signal)
            except NotRecorded:
                signal = replace(signal, secret=None)  # the door has decided already
                await asyncio.sleep(RETRY_S)
            else:
                return


DRIVER = QrReader
