"""Parses a frame into events, as the YAML describes it, and tracks which conditions are active."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from gateway.model import Json, Text, Words
from gateway.protocols.framed.field_values import SIZE, FieldValues, MissingField, matches, required
from gateway.protocols.framed.fields import Value
from gateway.protocols.framed.settings import FramedSettings, MessageSettings
from gateway.protocols.framed.template import Template

Number = tuple[Value, ...]
"""Number of a zone or area, one item a field; (0,) is the host itself."""
ActiveCondition = tuple[str, Number]
"""Name of a condition, and the zone, area or host it is active for."""
MAX_CONDITIONS = 4096
"""Active conditions tracked: hosts have a few hundred zones, and a broken one must not fill the memory."""
_UNDESCRIBED = Words("messages 中没有描述这种帧", "no message describes it")


@dataclass(frozen=True, slots=True)
class FrameEvent:
    """One signal to emit. `zone` is the zone's number (None: the host), `condition` what it starts or ends."""

    kind: str
    zone: str | None
    data: Json
    source_id: str | None
    at: datetime | None
    condition: ActiveCondition | None = None
    starts: bool = True


@dataclass(frozen=True, slots=True)
class ParsedFrame:
    """A frame of this device: its events, or the error that kept it from being read."""

    frame: bytes
    values: FieldValues
    events: tuple[FrameEvent, ...] = ()
    error: Text = ""
    acknowledgement: Template | None = None
    """To send once the events are committed; None if the device expects none."""


class FrameParser:
    """Parses frames by the settings. Keep it across reconnections: it remembers the active conditions."""

    def __init__(self, settings: FramedSettings) -> None:
        self._settings = settings
        self._timezone = ZoneInfo(settings.clock.timezone)
        self._active: set[ActiveCondition] = set()
        self._messages = sorted(settings.messages, key=_specificity)
        ends = [condition.ends for condition in settings.conditions.values()]
        self._shared_ends = {kind for kind in ends if ends.count(kind) > 1}

    def parse(self, frame: bytes) -> ParsedFrame | None:
        """Parse a frame, whose checksum is right; None if it is another device's."""
        settings = self._settings
        values: dict[str, Value | None] = {
            name: field.read(frame, settings.order) for name, field in settings.fields.items()
        }
        values[SIZE] = len(frame)
        if not matches(settings.only, values):
            return None
        reply = next((each.send for each in settings.acknowledge if matches(each.when, values)), None)
        message = next((each for each in self._messages if matches(each.when, values)), None)
        if message is None:
            return ParsedFrame(frame, values, error=_UNDESCRIBED, acknowledgement=reply)
        try:
            return ParsedFrame(frame, values, tuple(self._events(message, values)), acknowledgement=reply)
        except MissingField as missing:
            why = Words(f"其中字段 {missing} 无法识别", f"field {missing} can't be read in it")
            return ParsedFrame(frame, values, error=why, acknowledgement=reply)

    def mark_committed(self, event: FrameEvent) -> None:
        """Update the active conditions. Only after the commit: an event that is not recorded must be found again."""
        if event.condition and not event.starts:
            self._active.discard(event.condition)
        elif event.condition and len(self._active) < MAX_CONDITIONS:
            self._active.add(event.condition)

    def _events(self, message: MessageSettings, values: FieldValues) -> Iterator[FrameEvent]:
        if message.states:
            yield from self._status_changes(message, values)
        elif message.kind:
            number = _number(message, values)
            zone = _joined(number) if message.zone else None
            data = {**_zone_or_area(message, number), **_data(message, values)}
            yield FrameEvent(message.kind, zone, data, _source_id(message, values), self._at(message, values))
        elif name := message.begins or message.ends:
            condition = name, _number(message, values)
            source, at = _source_id(message, values), self._at(message, values)
            yield self._condition_event(condition, bool(message.begins), source, at, _data(message, values))

    def _status_changes(self, message: MessageSettings, values: FieldValues) -> Iterator[FrameEvent]:
        """Compare a status with the active conditions.

        A difference is an event that the host forgot, that was lost, or that the host never sends as such.
        """
        active: set[ActiveCondition] = set()
        covered: set[ActiveCondition] = set()
        prefix = _numbers(message.zone, values)
        for name, condition in message.states.items():
            value = required(name, values)
            assert isinstance(value, int)
            if self._settings.conditions[condition].of == "host":
                states: dict[Number, bool] = {(0,): value != 0}
            else:
                bits = range(self._settings.fields[name].bit_count)
                states = {(*prefix, bit + 1): bool(value >> bit & 1) for bit in bits}
            covered |= {(condition, number) for number in states}
            active |= {(condition, number) for number, is_active in states.items() if is_active}
        prefix_id = _source_id(message, values)
        # Only conditions that this status covers can have ended: a host may send one status for every eight zones.
        for each in sorted(active ^ (self._active & covered), key=_sort_key):
            starts = each in active
            source = f"{prefix_id}.{each[0]}.{_joined(each[1])}.{int(starts)}" if prefix_id else None
            yield self._condition_event(each, starts, source, self._at(message, values), {"from_status": True})

    def _condition_event(
        self, active: ActiveCondition, starts: bool, source: str | None, at: datetime | None, more: Json
    ) -> FrameEvent:
        name, number = active
        condition = self._settings.conditions[name]
        kind = condition.begins if starts else condition.ends
        data: dict[str, Value] = {} if condition.of == "host" else {condition.of: _unwrapped(number)}
        if not starts and kind in self._shared_ends:
            data["from"] = name  # zone.restored ends alarm, tamper and fault alike: rules need to know which
        zone = _joined(number) if condition.of == "zone" else None
        return FrameEvent(kind, zone, {**data, **more}, source, at, active, starts)

    def _at(self, message: MessageSettings, values: FieldValues) -> datetime | None:
        value = values.get(message.at or "")
        if value is None or message.at is None:
            return None
        field = self._settings.fields[message.at]
        width = field.size if field.type == "digits" else field.size * 2
        # Numbers have lost their leading zeros, which strptime needs.
        digits = f"{value:0{width}d}" if isinstance(value, int) else value
        try:
            local = datetime.strptime(digits, self._settings.clock.format).replace(tzinfo=self._timezone)
            return local.astimezone(UTC)
        except (ValueError, OverflowError):
            return None


def _specificity(message: MessageSettings) -> tuple[int, int]:
    """Sort key: of two messages that match a frame, the more specific one comes first (see validation.py)."""
    return -len(message.when), sum(map(len, message.when.values()))


def _numbers(names: tuple[str, ...], values: FieldValues) -> Number:
    return tuple(required(name, values) for name in names)


def _number(message: MessageSettings, values: FieldValues) -> Number:
    return _numbers(message.zone or ((message.area,) if message.area else ()), values) or (0,)


def _joined(number: Number) -> str:
    return ".".join(map(str, number))


def _unwrapped(number: Number) -> Value:
    return number[0] if len(number) == 1 else _joined(number)


def _sort_key(active: ActiveCondition) -> tuple[str, tuple[str, ...]]:
    return active[0], tuple(str(part).rjust(12) for part in active[1])


def _zone_or_area(message: MessageSettings, number: Number) -> Json:
    return {"zone": _unwrapped(number)} if message.zone else {"area": _unwrapped(number)} if message.area else {}


def _data(message: MessageSettings, values: FieldValues) -> Json:
    return {name: required(field, values) for name, field in message.data.items()}


def _source_id(message: MessageSettings, values: FieldValues) -> str | None:
    parts = [values.get(name) for name in message.id]
    return None if not parts or None in parts else ".".join(map(str, parts))
