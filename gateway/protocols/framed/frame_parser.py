"""What a frame tells, by the YAML; remembers which conditions are known to hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from gateway.model import Json, Said, Words
from gateway.protocols.framed.fields import Value
from gateway.protocols.framed.settings import FramedSettings, MessageSettings, When
from gateway.protocols.framed.template import Template

Number = tuple[Value, ...]
"""Of a zone or area, one part a field; (0,) is the host itself."""
ActiveCondition = tuple[str, Number]
"""A condition, and whose it is."""
FieldValues = Mapping[str, Value | None]
MAX_CONDITIONS = 4096
"""Conditions remembered; a host has some hundred zones, and a broken one must not fill the memory."""
SIZE = "size"
"""Names the frame's bytes in a `when`, beside the fields."""
_UNDESCRIBED = Words("messages 中没有描述这种帧", "no message describes it")


@dataclass(frozen=True, slots=True)
class FrameEvent:
    """One signal; `zone` is the number of the zone it is about, `holds` the condition that `starts` or ends."""

    kind: str
    zone: str | None
    data: Json
    source_id: str | None
    at: datetime | None
    holds: ActiveCondition | None = None
    starts: bool = True


@dataclass(frozen=True, slots=True)
class ParsedFrame:
    """A frame of the device: what it tells, or what is wrong with it; `answer` once that is committed."""

    frame: bytes
    values: FieldValues
    tells: tuple[FrameEvent, ...] = ()
    trouble: Said = ""
    answer: Template | None = None


class _Missing(ValueError):
    """A field that a message needs can't be read in this frame."""


class FrameParser:
    def __init__(self, settings: FramedSettings) -> None:
        self._settings = settings
        self._zone = ZoneInfo(settings.clock.timezone)
        self._known: set[ActiveCondition] = set()
        self._messages = sorted(settings.messages, key=_generality)
        ends = [condition.ends for condition in settings.conditions.values()]
        self._shared_ends = {kind for kind in ends if ends.count(kind) > 1}

    def read(self, frame: bytes) -> ParsedFrame | None:
        """None when it is another device's frame."""
        settings = self._settings
        values: dict[str, Value | None] = {
            name: field.read(frame, settings.order) for name, field in settings.fields.items()
        }
        values[SIZE] = len(frame)
        if not matches(settings.only, values):
            return None
        answer = next((each.send for each in settings.acknowledge if matches(each.when, values)), None)
        message = next((each for each in self._messages if matches(each.when, values)), None)
        if message is None:
            return ParsedFrame(frame, values, trouble=_UNDESCRIBED, answer=answer)
        try:
            return ParsedFrame(frame, values, tuple(self._tells(message, values)), answer=answer)
        except _Missing as missing:
            why = Words(f"其中字段 {missing} 无法识别", f"field {missing} can't be read in it")
            return ParsedFrame(frame, values, trouble=why, answer=answer)

    def committed(self, tell: FrameEvent) -> None:
        """It is on record: what it says holds is known."""
        if tell.holds and not tell.starts:
            self._known.discard(tell.holds)
        elif tell.holds and len(self._known) < MAX_CONDITIONS:
            self._known.add(tell.holds)

    def _tells(self, message: MessageSettings, values: FieldValues) -> Iterator[FrameEvent]:
        if message.states:
            yield from self._changes(message, values)
        elif message.kind:
            number = _number(message, values)
            zone = _joined(number) if message.zone else None
            data = {**_whose(message, number), **_data(message, values)}
            yield FrameEvent(message.kind, zone, data, _source(message, values), self._at(message, values))
        elif name := message.begins or message.ends:
            holds = name, _number(message, values)
            more = _data(message, values)
            yield self._tell(holds, bool(message.begins), _source(message, values), self._at(message, values), more)

    def _changes(self, message: MessageSettings, values: FieldValues) -> Iterator[FrameEvent]:
        """What events did not tell: they were forgotten, or nobody listened, or there are none."""
        holds: set[ActiveCondition] = set()
        covered: set[ActiveCondition] = set()
        prefix = _numbers(message.zone, values)
        for name, condition in message.states.items():
            value = _need(name, values)
            assert isinstance(value, int)
            if self._settings.conditions[condition].of == "host":
                of: dict[Number, bool] = {(0,): value != 0}
            else:
                of = {(*prefix, bit + 1): bool(value >> bit & 1) for bit in range(self._settings.fields[name].many)}
            covered |= {(condition, number) for number in of}
            holds |= {(condition, number) for number, true in of.items() if true}
        told = _source(message, values)
        for each in sorted(holds ^ (self._known & covered), key=_sortable):
            starts = each in holds
            source = f"{told}.{each[0]}.{_joined(each[1])}.{int(starts)}" if told else None
            yield self._tell(each, starts, source, self._at(message, values), {"from_status": True})

    def _tell(
        self, holds: ActiveCondition, starts: bool, source: str | None, at: datetime | None, more: Json
    ) -> FrameEvent:
        name, number = holds
        condition = self._settings.conditions[name]
        kind = condition.begins if starts else condition.ends
        data: dict[str, Value] = {} if condition.of == "host" else {condition.of: _plain(number)}
        if not starts and kind in self._shared_ends:
            data["from"] = name
        zone = _joined(number) if condition.of == "zone" else None
        return FrameEvent(kind, zone, {**data, **more}, source, at, holds, starts)

    def _at(self, message: MessageSettings, values: FieldValues) -> datetime | None:
        value = values.get(message.at or "")
        if value is None or message.at is None:
            return None
        field = self._settings.fields[message.at]
        width = field.size if field.type == "digits" else field.size * 2
        digits = f"{value:0{width}d}" if isinstance(value, int) else value
        try:
            read = datetime.strptime(digits, self._settings.clock.format).replace(tzinfo=self._zone)
            return read.astimezone(UTC)
        except (ValueError, OverflowError):
            return None


def _generality(message: MessageSettings) -> tuple[int, int]:
    """Of two messages that fit one frame, the one that says more comes first (checks.py allows no others)."""
    return -len(message.when), sum(map(len, message.when.values()))


def matches(when: When, values: FieldValues) -> bool:
    return all(values.get(name) in allowed for name, allowed in when.items())


def _need(name: str, values: FieldValues) -> Value:
    value = values.get(name)
    if value is None:
        raise _Missing(repr(name))
    return value


def _numbers(names: tuple[str, ...], values: FieldValues) -> Number:
    return tuple(_need(name, values) for name in names)


def _number(message: MessageSettings, values: FieldValues) -> Number:
    return _numbers(message.zone or ((message.area,) if message.area else ()), values) or (0,)


def _joined(number: Number) -> str:
    return ".".join(map(str, number))


def _plain(number: Number) -> Value:
    return number[0] if len(number) == 1 else _joined(number)


def _sortable(holds: ActiveCondition) -> tuple[str, tuple[str, ...]]:
    return holds[0], tuple(str(part).rjust(12) for part in holds[1])


def _whose(message: MessageSettings, number: Number) -> Json:
    return {"zone": _plain(number)} if message.zone else {"area": _plain(number)} if message.area else {}


def _data(message: MessageSettings, values: FieldValues) -> Json:
    return {name: _need(field, values) for name, field in message.data.items()}


def _source(message: MessageSettings, values: FieldValues) -> str | None:
    parts = [values.get(name) for name in message.id]
    return None if not parts or None in parts else ".".join(map(str, parts))
