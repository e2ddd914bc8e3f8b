"""Readers that print cards on a serial line: desk readers, EM readers, Wiegand converters (读卡器, 韦根转换器).

The YAML describes the lines by a format's name or a pattern, see gateway/protocols/credential/card_lines.py. A reader
sends only when a card is presented, so a dead one can't be told from an unused one: only a lost line is reported.
A card becomes `credential.presented`; gateway/protocols/credential/__init__.py says who sees its number.
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
from gateway.settings.durations import Duration, max_duration
from gateway.settings.mend import Wrong, did_you_mean
from gateway.settings.patterns import compiled

RETRY_S = 1.0
"""Seconds between attempts to commit a card when the disk fails."""


class ReaderSettings(SerialSettings):
    """The serial line, and what a card looks like on it."""

    format: Annotated[
        Literal["decimal", "hex", "facility_number", "wiegand26_hex", "wiegand_bits", "stx_hex"] | None,
        Field(description="what a card looks like on the line"),
    ] = None
    pattern: Annotated[
        str | None,
        Field(
            max_length=200, description="a regular expression for a whole line, with groups number, facility, hex, bits"
        ),
    ] = None
    wiegand: Annotated[
        Literal["auto", "raw", "H10301", "H10306", "WG34", "H10302", "H10304"],
        Field(description="layout of the bits that `wiegand_bits` or a group `bits` finds"),
    ] = "auto"
    repeat: Annotated[
        Duration,
        max_duration(timedelta(minutes=1)),
        Field(description="the same card within this time is reported once"),
    ] = timedelta(seconds=2)

    @field_validator("pattern")
    @classmethod
    def _check_groups(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        groups = set(compiled(pattern).groupindex)
        unknown = sorted(groups - GROUPS)
        if unknown:
            raise Wrong(f"a group named {unknown[0]!r} has no meaning", did_you_mean(unknown[0], GROUPS))
        if not groups & {"number", "hex", "bits"}:
            raise Wrong("no group matches the card", "name one: (?P<number>…), (?P<hex>…) or (?P<bits>…)")
        return pattern

    @model_validator(mode="after")
    def _check_one_of(self) -> Self:
        if (self.format is None) == (self.pattern is None):
            raise Wrong("a reader has a `format` or a `pattern`", "write one of them, such as format: decimal")
        return self


class SerialReader(Driver):
    """One reader."""

    Settings: ClassVar[type[DriverSettings]] = ReaderSettings
    LINK = "serial"
    TYPE = DeviceType.READER

    settings: ReaderSettings

    def __init__(self, device: Device, settings: ReaderSettings, link: SerialLink, emit: Emit) -> None:
        super().__init__(device, settings, link, emit)
        self._quarantine_limit, self._unread = QuarantineLimit(emit), Unread(emit)
        self._last: Credential | None = None
        self._repeats_until = 0.0

    async def run(self) -> None:
        """Read cards until cancelled. Raises LinkLost when the line is gone."""
        settings = self.settings
        decoder = CardLineDecoder(settings.format or "pattern", settings.pattern, settings.wiegand)
        async with self.link.open() as line:
            self.emit.heard()
            while True:
                chunk = await line.read()
                # An empty chunk means that the line fell silent: a line that has begun will not be completed.
                for found in decoder.feed(chunk) if chunk else decoder.reset():
                    await self._handle(found)

    async def _handle(self, found: Credential | BadInput) -> None:
        if isinstance(found, BadInput):
            reason = Words.of(found.why)
            why = Words(
                f"{reason.zh}（已遮盖：0 代表数字，A 代表字母）", f"{reason.en} (masked: 0 is a digit, A a letter)"
            )
            # Masked: a card that is readable to the eye must not be in the quarantine.
            await self._quarantine_limit.put(why, mask_line(found.data))
            self._unread.unread(reason)
            return
        self._unread.read()
        self.emit.heard()
        if not self._is_repetition(found):
            await self._emit(found)

    def _is_repetition(self, card: Credential) -> bool:
        """Return True for a card that stays at the reader, which prints it again and again. It is reported once."""
        now = asyncio.get_running_loop().time()
        is_repetition = card == self._last and now < self._repeats_until
        self._last, self._repeats_until = card, now + self.settings.repeat.total_seconds()
        return is_repetition

    async def _emit(self, card: Credential) -> None:
        """Retry until the card is committed: the reader does not send it again. Meanwhile no other card is read."""
        signal = Signal(device=self.device.id, kind="credential.presented", data=card.data(), fresh=True)
        while True:
            try:
                await self.emit(signal)
            except NotRecorded:
                await asyncio.sleep(RETRY_S)
            else:
                return


DRIVER = SerialReader
