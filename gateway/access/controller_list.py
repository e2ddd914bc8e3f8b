"""The list of a controller that decides itself: the offline lists of all doors that it opens, with the values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from gateway.access.calendar import Calendar
from gateway.access.offline_list import OfflineEntry, offline_list
from gateway.access.rules import AccessRules
from gateway.config.access import DoorSection, SpanSection
from gateway.model import AccessList, AccessListEntry, Json, Register

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
RENEWED = timedelta(hours=12)
"""A list is made as of the last such step of time, so that it stays the same for as long where nobody changes it."""


def doors_of(controller: str, rules: AccessRules) -> Sequence[DoorSection]:
    """The doors that this device opens."""
    return [door for door in rules.doors.values() if (door.open.device or door.device) == controller]


def controller_list(
    controller: str, register: Register, rules: AccessRules, values: Mapping[str, str], now: datetime
) -> AccessList:
    """The list as of now. `values` are the numbers of cards and the digits of PINs, by the credential's id."""
    as_of = made_as_of(now)
    doors = doors_of(controller, rules)
    entries: list[AccessListEntry] = []
    marks: list[str] = []
    for door in doors:
        latest = as_of + door.offline.valid_for
        for one in offline_list(door.device, register, rules, as_of):
            if one.credential in values:
                entries.append(_entry(one, door.device, values[one.credential], as_of, latest))
                marks.append(_mark(entries[-1], one.digest))
    valid_for = min((door.offline.valid_for for door in doors), default=timedelta())
    names = sorted({name for entry in entries for name in entry.schedules})
    schedules = {name: tuple(_times(name, rules, as_of, valid_for)) for name in names}
    return AccessList(_version(marks, schedules), tuple(entries), as_of + valid_for, schedules)


def made_as_of(now: datetime) -> datetime:
    """The time as of which a list is made now."""
    step = RENEWED.total_seconds()
    return datetime.fromtimestamp(now.timestamp() // step * step, UTC)


def credential_of(entry_id: str) -> str:
    """The credential's id of an entry."""
    return entry_id.partition("@")[0]


def _entry(one: OfflineEntry, door: str, value: str, as_of: datetime, latest: datetime) -> AccessListEntry:
    # One entry a door: a credential may open two doors at different times. What the list's own times say is left out,
    # or every entry would change with each renewal.
    since = one.since if one.since > as_of else None
    until = one.until if one.until < latest else None
    return AccessListEntry(f"{one.credential}@{door}", str(one.kind), value, (door,), since, until, one.schedules)


def _times(name: str, rules: AccessRules, as_of: datetime, valid_for: timedelta) -> Iterator[Json]:
    """The parts of a schedule. Workdays and holidays are written out as dates: a controller has no calendar."""
    local = as_of.astimezone(rules.calendar.zone).date()
    # From the day before: a night that began then may still last.
    days = [local + timedelta(days=number) for number in range(-1, valid_for.days + 2)]
    for span in rules.settings.schedules.get(name, ()):
        time: dict[str, object] = {}
        if span.hours is not None:
            time |= {"from": f"{span.hours.start:%H:%M}", "until": f"{span.hours.end:%H:%M}"}
        if span.days and all(day in _WEEKDAYS for day in span.days):
            time["days"] = [_WEEKDAYS.index(day) + 1 for day in span.days]
        elif span.days:
            time["dates"] = [day.isoformat() for day in days if _is_day(rules.calendar, span, day)]
        yield time


def _is_day(calendar: Calendar, span: SpanSection, day: date) -> bool:
    return any(calendar.is_day(day, name) for name in span.days)


def _mark(entry: AccessListEntry, digest: bytes) -> str:
    """What makes the entry this one. With the vault's MAC in place of the value, which must not be guessed from it."""
    return f"{entry.id} {digest.hex()} {entry.since} {entry.until} {entry.schedules}"


def _version(marks: Sequence[str], schedules: Mapping[str, Sequence[Json]]) -> str:
    content = json.dumps([marks, schedules], sort_keys=True)
    return hashlib.blake2b(content.encode(), digest_size=8).hexdigest()
