"""Readers that print cards on a serial line: desk readers, EM readers, Wiegand converters (读卡器, 韦根转换器).

They are described in the YAML by a named format or a pattern: see gateway/links/credential/printed.py. They only
speak when a card is held to them, so a dead one looks like one that nobody uses: the line is told of, not the reader.
A card is `credential.presented`; who sees its number is told in gateway/links/credential.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from gateway.driver import Driver, DriverSettings, Emit
from gateway.errors import BadInput, NotRecorded
from gateway.links.rate_limit import QuarantineLimit, Unread
from gateway.links.serial import SerialLink, SerialSettings
from gateway.model import Device, DeviceType, Signal, Words
from gateway.protocols.credential.card_lines import GROUPS, CardLineDecoder
from gateway.protocols.credential.credential import Credential
from gateway.protocols.credential.masking import mask_line
from gateway.settings.durations import Duration, at_most
from gateway.settings.mend import Wrong, did_you_mean
from gateway.settings.patterns import compiled

RETRY_S = 1.0
"""After which a card is offered again to a record that did not take it."""


class ReaderSettings(SerialSettings):
    format: Annotated[
        Literal["decimal", "hex", "facility_number", "wiegand26_hex", "wiegand_bits", "stx_hex"] | None,
        Field(description="what a card looks like on the line"),
    ] = None
    pattern: Annotated[
        str | None,
        Field(
            max_length=200, description="a regular expression of a whole line, with groups number, facility, hex, bits"
        ),
    ] = None
    wiegand: Annotated[
        Literal["auto", "raw", "H10301", "H10306", "WG34", "H10302", "H10304"],
        Field(description="layout of the bits that `wiegand_bits` or a group `bits` finds"),
    ] = "auto"
    repeat: Annotated[
        Duration, at_most(timedelta(minutes=1)), Field(description="the same card within so long is told once")
    ] = timedelta(seconds=2)

    @field_validator("pattern")
    @classmethod
    def _usable(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        groups = set(compiled(pattern).groupindex)
        strange = sorted(groups - GROUPS)
        if strange:
            raise Wrong(f"a group named {strange[0]!r} says nothing", did_you_mean(strange[0], GROUPS))
        if not groups & {"number", "hex", "bits"}:
            raise Wrong("no group says the card", "name one: (?P<number>…), (?P<hex>…) or (?P<bits>…)")
        return pattern

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.format is None) == (self.pattern is None):
            raise Wrong("a reader has a `format` or a `pattern`", "write one of them, such as format: decimal")
        return self


class SerialReader(Driver):
    Settings: ClassVar[type[DriverSettings]] = ReaderSettings
    LINK = "serial"
    TYPE = DeviceType.READER

    settings: ReaderSettings

    def __init__(self, device: Device, settings: ReaderSettings, link: SerialLink, emit: Emit) -> None:
        super().__init__(device, settings, link, emit)
        self._aside, self._unread = QuarantineLimit(emit), Unread(emit)
        self._last: Credential | None = None
        self._until = 0.0

    async def run(self) -> None:
        settings = self.settings
        printed = CardLineDecoder(settings.format or "pattern", settings.pattern, settings.wiegand)
        async with self.link.open() as line:
            self.emit.heard()
            while True:
                chunk = await line.read()
                for found in printed.feed(chunk) if chunk else printed.reset():
                    await self._take(found)

    async def _take(self, found: Credential | BadInput) -> None:
        if isinstance(found, BadInput):
            said = Words.of(found.why)
            why = Words(f"{said.zh}（已遮盖：0 代表数字，A 代表字母）", f"{said.en} (masked: 0 is a digit, A a letter)")
            await self._aside.put(why, mask_line(found.data))
            self._unread.unread(said)
            return
        self._unread.read()
        self.emit.heard()
        if not self._repeats(found):
            await self._tell(found)

    def _repeats(self, card: Credential) -> bool:
        """Whether it is the card that still lies there; a card that stays is told once, however long."""
        now = asyncio.get_running_loop().time()
        repeats = card == self._last and now < self._until
        self._last, self._until = card, now + self.settings.repeat.total_seconds()
        return repeats

    async def _tell(self, card: Credential) -> None:
        """Once it is on record: a reader does not say it again, so nothing more is read before."""
        signal = Signal(device=self.device.id, kind="credential.presented", data=card.data(), fresh=True)
        while True:
            try:
                await self.emit(signal)
            except NotRecorded:
                await asyncio.sleep(RETRY_S)
            else:
                return


DRIVER = SerialReader
