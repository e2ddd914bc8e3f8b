"""The list that a reader or controller decides by while it can't reach the gateway.

It is made of what the policy would say: an entry is in the list only if the credential opens the door at some time of
its validity. What a list can't know (anti-passback, the alarm, a second person) is left out: a door that depends on it
gets an empty list and stays shut.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from gateway.access.holder import Holder, holder_of, is_within
from gateway.access.rights import is_barred, rights_of
from gateway.access.rules import AccessRules
from gateway.config.access import DoorSection, ReaderSection
from gateway.model import Credential, CredentialKind, Register


@dataclass(frozen=True, slots=True)
class OfflineEntry:
    """A card or PIN that opens the door. `credential` is its id: whoever sends the list reads the value by it, sealed.

    `since` and `until` bound it, `schedules` are the names of schedules of which one must hold; empty: always.
    """

    kind: CredentialKind
    credential: str
    digest: bytes
    person: str | None
    since: datetime
    until: datetime
    schedules: tuple[str, ...] = ()


def offline_list(door_id: str, register: Register, rules: AccessRules, now: datetime) -> list[OfflineEntry]:
    """The entries of the door, residents of its own place first, at most as many as its `offline.most`."""
    door = rules.doors.get(door_id)
    if door is None or not door.offline.readers or door.two_persons is not None or door.armed is not None:
        return []
    if _has_hard_zone(door, rules):
        return []
    found = sorted(_entries(door, register, rules, now), key=lambda one: (not one[0], one[1].credential))
    return [entry for _, entry in found[: door.offline.most]]


def _has_hard_zone(door: DoorSection, rules: AccessRules) -> bool:
    entries: tuple[DoorSection | ReaderSection, ...] = (door, *door.readers)
    zones = {zone for entry in entries for zone in (entry.enters, entry.leaves) if zone}
    return any(rules.settings.zones[zone].mode == "hard" for zone in zones if zone in rules.settings.zones)


def _entries(
    door: DoorSection, register: Register, rules: AccessRules, now: datetime
) -> Iterator[tuple[bool, OfflineEntry]]:
    """Each with whether its holder belongs to the door's own place."""
    latest, here = now + door.offline.valid_for, rules.place_of(door)
    for (kind, digest), credentials in register.credentials.items():
        if kind not in door.kinds or kind not in door.offline.kinds:
            continue
        for credential in credentials:
            begins = max(credential.since, now)
            if credential.ended_at is not None or begins >= min(credential.until or latest, latest):
                continue
            holder = holder_of(credential, register, begins)
            schedules = _schedules(holder, door, kind, rules)
            if schedules is None:
                continue
            until = min(credential.until or latest, _end_of_rooms(credential, register, begins, latest), latest)
            entry = OfflineEntry(kind, credential.id, digest, holder.person, begins, until, schedules)
            yield any(is_within(room.place, here) for room in holder.rooms), entry


def _schedules(holder: Holder, door: DoorSection, kind: CredentialKind, rules: AccessRules) -> tuple[str, ...] | None:
    """The schedules of the rights that let the holder in; None when none does."""
    if holder.fault is not None or is_barred(holder, rules):
        return None
    rights = [right for right in rights_of(holder, door, rules) if not right.kinds or kind in right.kinds]
    if not rights:
        return None
    names = {right.schedule for right in rights}
    return () if None in names else tuple(sorted(name for name in names if name is not None))


def _end_of_rooms(credential: Credential, register: Register, at: datetime, latest: datetime) -> datetime:
    """When the person belongs to none of their present rooms any more."""
    resident = register.persons.get(credential.person or "")
    if resident is None:
        return latest
    ends = [one.until or latest for one in resident.memberships if one.is_valid(at)]
    return max(ends, default=latest)
