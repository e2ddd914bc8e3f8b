"""A device that can only POST (an alarm host, a camera, a platform's webhook): see config/examples/http_push.yaml.

It posts JSON, a form, XML, Dahua's `Code=…;action=…`, or several of them with pictures (multipart), to
/api/v1/push/<id>. 200 means that all of it is on record; what can't be read is kept in quarantine, told the guard, and
answered with 400 and the mistake.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from gateway.driver import Driver, DriverSettings, Part
from gateway.errors import BadInput
from gateway.links.emit_all import emit_all
from gateway.links.http_push_settings import PushSettings
from gateway.links.quarantine import LimitedQuarantine
from gateway.model import DeviceType, Signal, Words
from gateway.protocols.mapping import settings
from gateway.protocols.mapping.bodies import Format, Tree
from gateway.protocols.mapping.dahua import HEARTBEAT
from gateway.protocols.mapping.paths import Path, look_up
from gateway.protocols.mapping.push_body import Document, PushBody, read_push_body
from gateway.protocols.mapping.scalars import scalar
from gateway.protocols.mapping.timestamps import parse_timestamp
from gateway.settings.mend import Wrong
from gateway.settings.section import Section
from gateway.settings.signal_kind import SignalKind

MOST_EVENTS = 100
"""In one body."""
BEGINS = ("active", "start", "begin", "pulse", "appear", "on", "true", "1")
ENDS = ("inactive", "stop", "end", "disappear", "off", "false", "0")
_STATES = {"eventType": ("eventState",), "Code": ("action", "Action")}
"""Where Hikvision and Dahua say whether what they name begins or ends."""
_THREAD_FROM = 256 * 1024
"""Bytes of a body that is read beside the loop."""
LONGEST_TEXT = 1024
Said = SignalKind | Literal["alive", "ignored"]


class Paths(Section):
    """JMESPath expressions; with `each` the others start in each event."""

    each: Annotated[Path | None, Field(description="the list of events, where one body holds several")] = None
    what: Annotated[Path | None, Field(description="what happened; looked up in kinds")] = None
    state: Annotated[
        Path | None,
        Field(description="whether it begins or ends; an end is nothing unless kinds have it as 'WHAT STATE'"),
    ] = None
    zone: Annotated[Path | None, Field(description="the number of the zone or part")] = None
    at: Annotated[Path | None, Field(description="the device's time; see clock")] = None
    id: Annotated[Path | None, Field(description="what tells this event from every other")] = None
    data: Annotated[Mapping[str, Path], Field(description="further things to tell, by name")] = {}


class HttpPushSettings(PushSettings):
    format: Annotated[
        Format | Literal["auto"], Field(description="of bodies; auto: as their type or beginning says")
    ] = "auto"
    paths: Annotated[Paths, Field(description="where in a body things stand")]
    kinds: Annotated[Mapping[str, Said], Field(description="its word: our kind; or alive, or ignored")] = {}
    otherwise: Annotated[Said | None, Field(description="for every other word; left out: a mistake")] = None
    zones: tuple[settings.PartSettings, ...] = ()
    clock: settings.DeviceClock = settings.DeviceClock()
    answer: Annotated[str, Field(max_length=500, description="what it hears once all is on record")] = '{"ok": true}'

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.paths.what is None and self.otherwise is None:
            raise Wrong("no body would say what happened", "give paths.what and kinds, or otherwise: KIND")
        if self.paths.what is not None and not self.kinds:
            raise Wrong("paths.what needs kinds to look it up in", "add 'kinds: {WORD: KIND}'", ("paths", "what"))
        settings.check_numbers(self.zones, "zones")
        return self


class HttpPush(Driver):
    Settings: ClassVar[type[DriverSettings]] = HttpPushSettings
    LINK: ClassVar[str] = "http"
    TYPE: ClassVar[DeviceType] = DeviceType.PANEL
    RETRY_WINDOW: ClassVar[timedelta] = timedelta(hours=24)
    settings: HttpPushSettings

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._parts = {_number(str(zone.number)): zone.id for zone in self.settings.zones}
        self._clock = ZoneInfo(self.settings.clock.timezone)
        self._aside = LimitedQuarantine(self.emit)
        self._kinds = {word.casefold(): kind for word, kind in self.settings.kinds.items()}
        """Makers change capitals between versions of their firmware."""
        self._state = self.settings.paths.state or _state_beside(self.settings.paths.what)

    @classmethod
    def parts(cls, settings: HttpPushSettings) -> Sequence[Part]:
        return [Part(zone.id, zone.type, zone.name, zone.place) for zone in settings.zones]

    async def run(self) -> None:
        self.emit.heard()
        await self.link.serve(self._take, self._take_too_large)

    async def _take(self, body: bytes, content_type: str) -> str:
        """What is answered; all of a body is understood before any of it is told."""
        try:
            pieces = await self._read(body, content_type)
            signals = [signal for piece in pieces.found for signal in self._signals(piece, body)]
        except BadInput as error:
            keep = self._aside.refuse if body.strip() else self._aside.put  # nothing at all is no alarm
            await keep(error.why, self._masked(error.data))
            raise
        self.emit.heard()
        if failed := await emit_all(self.emit, signals):
            raise failed
        if pieces.left_out:
            zh, en = "；".join(each.zh for each in pieces.left_out), "; ".join(each.en for each in pieces.left_out)
            why = Words(f"已收下，但有部分内容无法识别：{zh}", f"taken, but parts of it can't be read: {en}")
            await self._aside.put(why, self._masked(body))
        return self.settings.answer

    async def _read(self, body: bytes, content_type: str) -> PushBody:
        form = None if self.settings.format == "auto" else self.settings.format
        if len(body) < _THREAD_FROM:
            return read_push_body(body, form, content_type)
        return await asyncio.to_thread(read_push_body, body, form, content_type)

    async def _take_too_large(self, head: bytes, size: str) -> None:
        zh, en = f"内容过大（{size} 字节），未读取", f"a body of {size} bytes was too large to be read"
        await self._aside.refuse(Words(zh, en), self._masked(head))

    def _signals(self, piece: Document, body: bytes) -> list[Signal]:
        found = [signal for event in self._events(piece.tree, body) if (signal := self._signal(event, body))]
        return [replace(signal, picture=piece.picture) for signal in found] if piece.picture else found

    def _events(self, tree: Tree, body: bytes) -> Sequence[Tree]:
        each = self.settings.paths.each
        if each is None:
            is_list = isinstance(tree, list) and look_up(self.settings.paths.what or "@", tree) is None
            if is_list and len(tree) > MOST_EVENTS:
                raise BadInput(Words(f"有 {len(tree)} 个事件", f"{len(tree)} events in one body"), body)
            return tree if is_list and tree else (tree,)
        found = look_up(each, tree)
        events = found if isinstance(found, list) else [found]
        if found is None or len(events) > MOST_EVENTS:
            many = Words(f"{each} 处有 {len(events)} 个事件", f"{len(events)} events at {each}")
            raise BadInput(many if found else _nothing_at(each), body)
        return events

    def _signal(self, event: Tree, body: bytes) -> Signal | None:
        paths = self.settings.paths
        kind = self._kind(event, body)
        if kind in {"alive", "ignored"}:
            return None
        zone, source = _text(paths.zone, event), _text(paths.id, event)
        data = {name: value for name, path in paths.data.items() if (value := _plain(path, event)) is not None}
        return Signal(
            device=self._parts.get(_number(zone or ""), self.device.id),
            kind=kind,
            at=parse_timestamp(look_up(paths.at, event), self.settings.clock.format, self._clock) if paths.at else None,
            source_id=source,
            data={**({"zone": zone} if zone else {}), **data},
        )

    def _kind(self, event: Tree, body: bytes) -> str:
        settings, where = self.settings, self.settings.paths.what
        if isinstance(event, dict) and event == {"Code": HEARTBEAT}:
            return "alive"
        word, state = _text(where, event), _text(self._state, event)
        if word is None and where is not None and settings.otherwise is None:
            nan = isinstance(value := look_up(where, event), float) and not math.isfinite(value)
            raise BadInput(Words("JSON 中有 NaN", "NaN is no number of JSON") if nan else _nothing_at(where), body)
        kind = self._kinds.get(f"{word} {state}".casefold()) if state else None
        if kind is None and state and state.casefold() in ENDS:
            return "ignored"  # the end of something is no alarm, and no restore unless kinds say so
        if kind is None and state and state.casefold() not in BEGINS:
            raise BadInput(_unknown(self._state, state, "WHAT STATE"), body)
        if kind is None:
            kind = self._kinds.get((word or "").casefold(), settings.otherwise)
        if kind is None:
            raise BadInput(_unknown(where, word, "WHAT"), body)
        return kind

    def _masked(self, body: bytes) -> bytes:
        for secret in self.settings.all_secrets:
            body = body.replace(secret, b"***")
        return body


def _unknown(where: Path | None, word: str | None, key: str) -> Words:
    more = ("，请以“事件 状态”写入", ", write 'WHAT STATE'") if key == "WHAT STATE" else ("", "")
    zh, en = f"{where} 为 {word!r}，不在 kinds 中", f"{where} says {word!r}, which is not among kinds"
    return Words(zh + more[0], en + more[1])


def _state_beside(what: Path | None) -> Path | None:
    """As known makers have it, so that an end is no alarm: a heartbeat of Hikvision is a loss of video that ends."""
    front, dot, name = (what or "").rpartition(".")
    return " || ".join(f"{front}{dot}{state}" for state in _STATES[name]) if name in _STATES else None


def _nothing_at(path: Path | None) -> Words:
    return Words(f"{path} 处没有内容", f"there is nothing at {path}")


def _text(path: Path | None, event: Tree) -> str | None:
    """As a word; None where there is none, or nothing in it."""
    value = _plain(path, event) if path else None
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 1130.0, as some write every number
    return str(value).strip() or None


def _number(zone: str) -> str:
    """3 and 003 are one zone."""
    return zone.lstrip("0") or "0" if zone.isdecimal() else zone


def _plain(path: Path, event: Tree) -> str | int | float | bool | None:
    return scalar(look_up(path, event), LONGEST_TEXT)


DRIVER = HttpPush
