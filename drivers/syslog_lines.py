"""Devices that can only write syslog: see config/examples/syslog_lines.yaml.

Syslog has no acknowledgements. Over TCP the next lines are read once the ones before them are committed, and a full
disk closes the connection, so that the sender keeps its buffer. A UDP datagram is lost then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator, model_validator

from gateway.driver import Driver, DriverSettings, Part
from gateway.errors import NotRecorded
from gateway.links.listen import Datagram, ListenSettings, RemotePeer
from gateway.links.rate_limit import QuarantineLimit
from gateway.model import DeviceType, Signal, Words
from gateway.protocols.mapping import words
from gateway.protocols.syslog.message import SyslogMessage, parse_message
from gateway.protocols.syslog.stream import MAX_MESSAGE_BYTES, OverlongMessage, SyslogStreamDecoder
from gateway.settings.context import PlaceRef
from gateway.settings.durations import PositiveDuration
from gateway.settings.mend import Wrong
from gateway.settings.patterns import PatternText, compiled, groups
from gateway.settings.section import Section
from gateway.settings.signal_kind import SignalKind

MAX_TEXT = 500
"""Characters of a line that a signal carries."""
ZONE, ID = "zone", "id"
Severity = Literal["emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"]


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class LinePattern(Section):
    """A pattern and the signal of lines that match it. Groups `zone` and `id` are special; others become data."""

    match: PatternText
    kind: SignalKind
    app: Annotated[
        tuple[str, ...],
        BeforeValidator(_as_tuple, json_schema_input_type=str | tuple[str, ...]),
        Field(description="only lines of these programs; empty: all"),
    ] = ()
    severity: Annotated[tuple[Severity, ...], Field(description="only lines of these severities; empty: all")] = ()


class SyslogSender(Section):
    """One of several devices that send to this port."""

    host: Annotated[str, Field(min_length=1, description="its address, or the host name in its messages")]
    id: str
    name: str
    place: PlaceRef | None = None
    type: DeviceType = DeviceType.SENSOR
    cadence: Annotated[PositiveDuration | None, Field(description="how long it may be silent")] = None


class SyslogSettings(ListenSettings):
    """The port, the patterns, and the devices and zones that lines come from."""

    patterns: Annotated[
        tuple[LinePattern, ...], Field(min_length=1, description="tried in order; the first match counts")
    ]
    unmatched: Annotated[
        Literal["ignore", "keep"], Field(description="what to do with lines that match no pattern; keep: in quarantine")
    ] = "ignore"
    senders: tuple[SyslogSender, ...] = ()
    zones: tuple[words.Part, ...] = ()
    timezone: Annotated[str, Field(description="time zone of times without one")] = "Asia/Shanghai"

    @field_validator("timezone")
    @classmethod
    def _check_timezone(cls, name: str) -> str:
        return words.Clock(timezone=name).timezone

    @model_validator(mode="after")
    def _check_duplicates(self) -> Self:
        words.check_numbers(self.zones, "zones")
        hosts = [sender.host for sender in self.senders]
        for index, host in enumerate(hosts):
            if host in hosts[:index]:
                raise Wrong(f"host {host!r} is given to two senders", "give each its own", ("senders", index, "host"))
        return self


class SyslogLines(Driver):
    """One port; zones and senders that the YAML names are devices of their own."""

    Settings: ClassVar[type[DriverSettings]] = SyslogSettings
    LINK: ClassVar[str] = "listen"
    settings: SyslogSettings

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._patterns = [(compiled(each.match), each) for each in self.settings.patterns]
        self._senders = {sender.host: sender.id for sender in self.settings.senders}
        self._zones = {str(zone.number): zone.id for zone in self.settings.zones}
        self._timezone = ZoneInfo(self.settings.timezone)
        self._quarantine_limit = QuarantineLimit(self.emit)

    @classmethod
    def parts(cls, settings: SyslogSettings) -> Sequence[Part]:
        """Return the senders and zones."""
        senders = [Part(each.id, each.type, each.name, each.place, each.cadence) for each in settings.senders]
        return [*senders, *(Part(each.id, each.type, each.name, each.place) for each in settings.zones)]

    async def run(self) -> None:
        """Receive lines until cancelled."""
        async with self.link.open() as port:
            self.emit.heard()
            await port.serve(self._serve_connection, self._serve_datagram)

    async def _serve_connection(self, peer: RemotePeer) -> None:
        stream = SyslogStreamDecoder()
        try:
            while data := await peer.read():
                await self._handle_all(stream.feed(data), peer.peer)
            await self._handle_all(stream.end(), peer.peer)
        except NotRecorded:
            peer.abort()

    async def _serve_datagram(self, datagram: Datagram) -> None:
        data = datagram.data
        try:
            line = data if len(data) <= MAX_MESSAGE_BYTES else OverlongMessage(data[:MAX_MESSAGE_BYTES])
            await self._handle_all([line], datagram.peer)
        except NotRecorded:
            return

    async def _handle_all(self, items: Sequence[bytes | OverlongMessage], peer: str) -> None:
        """Handle the lines of a chunk in order and at once, so that they share one commit."""
        results = await asyncio.gather(*(self._handle(item, peer) for item in items), return_exceptions=True)
        for error in filter(None, results):
            raise error

    async def _handle(self, line: bytes | OverlongMessage, peer: str) -> None:
        if isinstance(line, OverlongMessage):
            en = f"a line of {peer} is longer than {MAX_MESSAGE_BYTES} bytes"
            await self._quarantine_limit.put(Words(f"{peer} 发来的一行超过 {MAX_MESSAGE_BYTES} 字节", en), line.head)
            line = line.head  # the pattern may match its beginning
        message = parse_message(line, self._timezone, datetime.now(UTC))
        # By address, or behind a relay by the host name in the message.
        sender = self._senders.get(peer.rpartition(":")[0].strip("[]")) or self._senders.get(message.host)
        self.emit.heard(sender)
        for pattern, each in self._patterns:
            found = pattern.search(message.text) if _applies(each, message) else None
            if found:
                await self.emit(self._signal(each, groups(found), message, sender))
                return
        if self.settings.unmatched == "keep":
            why = Words(f"{peer} 发来的一行不符合任何 pattern", f"no pattern matches this line of {peer}")
            await self._quarantine_limit.put(why, line)

    def _signal(
        self, pattern: LinePattern, found: Mapping[str, str], message: SyslogMessage, sender: str | None
    ) -> Signal:
        zone = found.get(ZONE)
        number = zone.lstrip("0") or zone if zone else None  # `007` is zone 7 of the YAML
        more = {name: text[:MAX_TEXT] for name, text in found.items() if name != ID}
        return Signal(
            device=self._zones.get(zone or "") or self._zones.get(number or "") or sender or self.device.id,
            kind=pattern.kind,
            at=message.at,
            source_id=found.get(ID, "")[:128] or None,
            data={**more, "said": message.text[:MAX_TEXT]},
        )


def _applies(pattern: LinePattern, message: SyslogMessage) -> bool:
    return (not pattern.app or message.app in pattern.app) and (
        not pattern.severity or message.severity in pattern.severity
    )


DRIVER = SyslogLines
