"""A device that can only POST (an alarm host, a camera, a platform's webhook): see config/examples/http_push.yaml.

It posts JSON, a form, XML, Dahua's `Code=…;action=…`, or several of them with pictures (multipart), to
/api/v1/push/<id>. 200 means that all of it is committed. What can't be read goes to quarantine, the guard is told, and
the answer is 400 with the mistake.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from gateway.driver import Driver, DriverSettings, Part
from gateway.errors import BadInput
from gateway.links.emit_all import emit_all
from gateway.links.quarantine import LimitedQuarantine
from gateway.model import DeviceType, Signal, Words
from gateway.protocols.mapping.bodies import Tree
from gateway.protocols.mapping.dahua import HEARTBEAT
from gateway.protocols.mapping.http_push_settings import HttpPushSettings
from gateway.protocols.mapping.paths import Path, look_up
from gateway.protocols.mapping.push_body import PushBody, PushDocument, read_push_body
from gateway.protocols.mapping.scalars import scalar
from gateway.protocols.mapping.timestamps import parse_timestamp

MAX_EVENTS = 100
"""In one body."""
BEGIN_WORDS = ("active", "start", "begin", "pulse", "appear", "on", "true", "1")
END_WORDS = ("inactive", "stop", "end", "disappear", "off", "false", "0")
_STATE_KEYS = {"eventType": ("eventState",), "Code": ("action", "Action")}
"""The keys beside which Hikvision and Dahua report whether an event begins or ends."""
_THREAD_FROM_BYTES = 256 * 1024
"""A body of this size is parsed in a thread, or it would block the loop."""
MAX_TEXT_LENGTH = 1024


class HttpPush(Driver):
    """One device that pushes by HTTP."""

    Settings: ClassVar[type[DriverSettings]] = HttpPushSettings
    LINK: ClassVar[str] = "http"
    TYPE: ClassVar[DeviceType] = DeviceType.PANEL
    RETRY_WINDOW: ClassVar[timedelta] = timedelta(hours=24)
    settings: HttpPushSettings

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._zones = {_number(str(zone.number)): zone.id for zone in self.settings.zones}
        self._timezone = ZoneInfo(self.settings.clock.timezone)
        self._quarantine = LimitedQuarantine(self.emit)
        self._kinds = {word.casefold(): kind for word, kind in self.settings.kinds.items()}
        """Without capitals: makers change them between versions of their firmware."""
        self._state_path = self.settings.paths.state or _state_path_beside(self.settings.paths.what)

    @classmethod
    def parts(cls, settings: HttpPushSettings) -> Sequence[Part]:
        """See Driver."""
        return [Part(zone.id, zone.type, zone.name, zone.place) for zone in settings.zones]

    async def run(self) -> None:
        """See Driver."""
        self.emit.heard()  # nothing connects here, so the device counts as present until its cadence runs out
        await self.link.serve(self._on_push, self._on_too_large)

    async def _on_push(self, body: bytes, content_type: str) -> str:
        """The answer for the device. The whole body is parsed before any signal is emitted."""
        try:
            content = await self._read(body, content_type)
            signals = [signal for document in content.documents for signal in self._signals(document, body)]
        except BadInput as error:
            # An empty body can't have been an alarm: the guard is not told.
            keep = self._quarantine.refuse if body.strip() else self._quarantine.put
            await keep(error.why, self._masked(error.data))
            raise
        self.emit.heard()
        if failed := await emit_all(self.emit, signals):  # the web answers 503, and the device posts again
            raise failed
        if content.errors:
            zh, en = "；".join(each.zh for each in content.errors), "; ".join(each.en for each in content.errors)
            why = Words(f"已收下，但有部分内容无法识别：{zh}", f"taken, but parts of it can't be read: {en}")
            await self._quarantine.put(why, self._masked(body))
        return self.settings.answer

    async def _read(self, body: bytes, content_type: str) -> PushBody:
        form = None if self.settings.format == "auto" else self.settings.format
        if len(body) < _THREAD_FROM_BYTES:
            return read_push_body(body, form, content_type)
        return await asyncio.to_thread(read_push_body, body, form, content_type)

    async def _on_too_large(self, head: bytes, size: str) -> None:
        zh, en = f"内容过大（{size} 字节），未读取", f"a body of {size} bytes was too large to be read"
        await self._quarantine.refuse(Words(zh, en), self._masked(head))

    def _signals(self, document: PushDocument, body: bytes) -> list[Signal]:
        found = [signal for event in self._events(document.tree, body) if (signal := self._signal(event, body))]
        return [replace(signal, picture=document.picture) for signal in found] if document.picture else found

    def _events(self, tree: Tree, body: bytes) -> Sequence[Tree]:
        each = self.settings.paths.each
        if each is None:
            # A list is several events, unless `what` is written for the whole list: `[0].type`.
            is_list = isinstance(tree, list) and look_up(self.settings.paths.what or "@", tree) is None
            if is_list and len(tree) > MAX_EVENTS:
                raise BadInput(Words(f"有 {len(tree)} 个事件", f"{len(tree)} events in one body"), body)
            return tree if is_list and tree else (tree,)
        found = look_up(each, tree)
        events = found if isinstance(found, list) else [found]
        if found is None or len(events) > MAX_EVENTS:
            too_many = Words(f"{each} 处有 {len(events)} 个事件", f"{len(events)} events at {each}")
            raise BadInput(too_many if found else _nothing_at(each), body)
        return events

    def _signal(self, event: Tree, body: bytes) -> Signal | None:
        paths = self.settings.paths
        kind = self._kind(event, body)
        if kind in {"alive", "ignored"}:
            return None
        zone, source = _text(paths.zone, event), _text(paths.id, event)
        data = {name: value for name, path in paths.data.items() if (value := _scalar(path, event)) is not None}
        at = None
        if paths.at:
            at = parse_timestamp(look_up(paths.at, event), self.settings.clock.format, self._timezone)
        return Signal(
            device=self._zones.get(_number(zone or ""), self.device.id),
            kind=kind,
            at=at,
            source_id=source,
            data={**({"zone": zone} if zone else {}), **data},
        )

    def _kind(self, event: Tree, body: bytes) -> str:
        settings, what = self.settings, self.settings.paths.what
        if isinstance(event, dict) and event == {"Code": HEARTBEAT}:
            return "alive"
        word, state = _text(what, event), _text(self._state_path, event)
        if word is None and what is not None and settings.otherwise is None:
            nan = isinstance(value := look_up(what, event), float) and not math.isfinite(value)
            raise BadInput(Words("JSON 中有 NaN", "NaN is no number of JSON") if nan else _nothing_at(what), body)
        kind = self._kinds.get(f"{word} {state}".casefold()) if state else None
        if kind is None and state and state.casefold() in END_WORDS:
            return "ignored"  # the end of something is no alarm, and no restore unless kinds say so
        if kind is None and state and state.casefold() not in BEGIN_WORDS:
            raise BadInput(_unknown(self._state_path, state, "WHAT STATE"), body)
        if kind is None:
            kind = self._kinds.get((word or "").casefold(), settings.otherwise)
        if kind is None:
            raise BadInput(_unknown(what, word, "WHAT"), body)
        return kind

    def _masked(self, body: bytes) -> bytes:
        for secret in self.settings.all_secrets:
            body = body.replace(secret, b"***")
        return body


def _unknown(path: Path | None, word: str | None, key: str) -> Words:
    more = ("，请以“事件 状态”写入", ", write 'WHAT STATE'") if key == "WHAT STATE" else ("", "")
    zh, en = f"{path} 为 {word!r}，不在 kinds 中", f"{path} says {word!r}, which is not among kinds"
    return Words(zh + more[0], en + more[1])


def _state_path_beside(what: Path | None) -> Path | None:
    """Where known makers report begin and end, so that an end is no alarm.

    A heartbeat of Hikvision, for example, is a loss of video that ends.
    """
    front, dot, name = (what or "").rpartition(".")
    return " || ".join(f"{front}{dot}{state}" for state in _STATE_KEYS[name]) if name in _STATE_KEYS else None


def _nothing_at(path: Path | None) -> Words:
    return Words(f"{path} 处没有内容", f"there is nothing at {path}")


def _text(path: Path | None, event: Tree) -> str | None:
    """The value as text; None where there is none, or it is blank."""
    value = _scalar(path, event) if path else None
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 1130.0, as some devices write every number
    return str(value).strip() or None


def _number(zone: str) -> str:
    """A zone's number without leading zeros: 3 and 003 are one zone."""
    return zone.lstrip("0") or "0" if zone.isdecimal() else zone


def _scalar(path: Path, event: Tree) -> str | int | float | bool | None:
    return scalar(look_up(path, event), MAX_TEXT_LENGTH)


DRIVER = HttpPush
