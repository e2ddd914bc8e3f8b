"""Whether a holder has a right at a door, and what the door's own conditions say."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.access.decision import AccessCode
from gateway.access.holder import VISITOR, Holder, Room, is_within, of_resident
from gateway.access.request import AccessRequest, PassCode
from gateway.access.rules import AccessRules
from gateway.access.state import DISARMED, UNKNOWN_ALARM, AccessState, PassShown
from gateway.config.access import DoorSection, RightSection
from gateway.model import Register
from gateway.people.number_plates import normalized_plate

SAME_PRESENTATION = timedelta(seconds=10)
"""A code that stays before one reader for so long is presented once, however often it is read."""


def right_fault(
    holder: Holder, door: DoorSection, request: AccessRequest, rules: AccessRules, register: Register
) -> AccessCode | None:
    """Why none of the door's rights lets the holder in; None when one does."""
    access_pass = holder.access_pass
    if access_pass is not None and access_pass.doors:
        if door.device not in access_pass.doors:
            return AccessCode.NOT_HERE
        if not of_resident(access_pass, register):
            return None  # a guard chose the doors; a resident can't give more than they have
    mine = rights_of(holder, door, rules)
    if not mine:
        return holder.lapse or AccessCode.NOT_HERE
    with_kind = [right for right in mine if not right.kinds or request.credential.kind in right.kinds]
    if not with_kind:
        return AccessCode.KIND_NOT_TAKEN
    return None if any(rules.is_now(right, request.at) for right in with_kind) else AccessCode.NOT_NOW


def rights_of(holder: Holder, door: DoorSection, rules: AccessRules) -> list[RightSection]:
    """The rights of the door that are for the holder, whatever the time."""
    return [right for right in door.allow if _is_for(holder, door, right, rules)]


def _is_for(holder: Holder, door: DoorSection, right: RightSection, rules: AccessRules) -> bool:
    if any(_is_listed(holder, rules, group) for group in right.groups):
        return True
    tops = rules.residences(door, right)
    return any(_has_role(room, right) and is_within(room.place, top) for room in holder.rooms for top in tops)


def _has_role(room: Room, right: RightSection) -> bool:
    return not right.roles or (room.role != VISITOR and room.role in right.roles)


def _is_listed(holder: Holder, rules: AccessRules, group: str) -> bool:
    people = rules.settings.groups.get(group)
    return people is not None and (holder.person in people.persons or holder.plate in _plates(people.plates))


def _plates(plates: tuple[str, ...]) -> set[str]:
    return {normalized_plate(plate) for plate in plates}


def is_barred(holder: Holder, rules: AccessRules) -> bool:
    """Whether the holder is on the list of those who open no door."""
    barred = rules.settings.barred
    return holder.person in barred.persons or (bool(holder.plate) and holder.plate in _plates(barred.plates))


def pass_fault(
    holder: Holder, door: DoorSection, request: AccessRequest, rules: AccessRules, state: AccessState
) -> AccessCode | None:
    """Whether a pass is out of its kind's hours, used up at this door, or its code was shown at another one."""
    access_pass = holder.access_pass
    if access_pass is None:
        return None
    if not access_pass.is_now(request.at.astimezone(rules.zone)):
        return AccessCode.NOT_NOW
    if (fault := _code_fault(state.shown.get(access_pass.id), door, request)) is not None:
        return fault
    if access_pass.uses is not None and state.uses[access_pass.id, door.device] >= access_pass.uses:
        return AccessCode.USED_UP
    return None


def _code_fault(shown: PassShown | None, door: DoorSection, request: AccessRequest) -> AccessCode | None:
    """A code opens one door, for as long as it is held before its reader; none opens after a later one did."""
    if shown is None or not isinstance(request.code, PassCode) or request.code.window > shown.window:
        return None
    if request.code.window < shown.window:
        return AccessCode.CODE_STALE
    if shown.door != door.device:
        return AccessCode.CODE_COPIED
    return None if request.at - shown.at <= SAME_PRESENTATION else AccessCode.CODE_STALE


def passback_fault(
    holder: Holder, door: DoorSection, request: AccessRequest, rules: AccessRules, state: AccessState
) -> AccessCode | None:
    """Whether the holder enters a zone that they are in, or leaves one that they are out of."""
    enters, leaves = rules.zones_of(door, request.reader)
    for zone, inside in ((enters, True), (leaves, False)):
        settings = rules.settings.zones.get(zone) if zone else None
        known = state.whereabouts.get((zone or "", holder.key))
        if settings is None or known is None or request.at - known.at >= settings.forget_after:
            continue
        if known.inside is inside:
            return AccessCode.PASSBACK if settings.mode == "hard" else AccessCode.PASSBACK_NOTED
    return None


def armed_delay(holder: Holder, door: DoorSection, state: AccessState) -> timedelta | AccessCode | None:
    """The entry delay where the alarm behind the door is armed; ARMED where it must be disarmed first."""
    armed = door.armed
    if armed is None or state.alarm_of(armed.place) in (DISARMED, UNKNOWN_ALARM):
        return None
    lives_there = any(room.role != VISITOR and is_within(room.place, armed.place) for room in holder.rooms)
    answer = armed.residents if lives_there else armed.others
    return armed.delay if answer == "delay" else AccessCode.ARMED


def floors_of(holder: Holder, door: DoorSection) -> tuple[int, ...]:
    """The floors of a lift that the holder may choose."""
    return tuple(
        floor.floor
        for floor in door.floors
        if not floor.places or any(is_within(room.place, top) for room in holder.rooms for top in floor.places)
    )


def waits_for_second(holder: Holder, door: DoorSection, at: datetime, state: AccessState) -> bool:
    """Whether a two-person door still waits for somebody else."""
    if door.two_persons is None:
        return False
    first = state.waiting.get(door.device)
    return first is None or first.holder == holder.key or at - first.at > door.two_persons.within
