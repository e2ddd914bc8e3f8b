"""The decision at a door: one pure function. It reads no clock, no store and no socket, and changes nothing.

What counts, in this order: a fire opens; the door must take the kind of credential; somebody must hold it; they must be
valid and not barred; a right of the door must be for them, this kind and this time; the door's conditions (interlock,
alarm, anti-passback, lift floors); a two-person door waits for the second.
"""

from __future__ import annotations

from gateway.access.decision import AccessCode, AccessDecision
from gateway.access.holder import Holder, holders
from gateway.access.reasons import reason_of
from gateway.access.request import AccessRequest
from gateway.access.rights import (
    armed_delay,
    floors_of,
    is_barred,
    pass_fault,
    passback_fault,
    right_fault,
    waits_for_second,
)
from gateway.access.rules import AccessRules
from gateway.access.state import AccessState
from gateway.config.access import DoorSection
from gateway.model import CredentialKind, Register


def decide(request: AccessRequest, register: Register, rules: AccessRules, state: AccessState) -> AccessDecision:
    """Never raises for a credential: what nobody knows is denied."""
    door = rules.doors.get(request.door)
    if door is None:
        return _plain(AccessCode.NO_DOOR)
    if rules.burns(door, state.burning):
        return _plain(AccessCode.FIRE)
    if not _takes(door, request, rules):
        return _plain(AccessCode.KIND_NOT_TAKEN)
    if request.credential.kind == CredentialKind.REMOTE:
        code = AccessCode.INTERLOCK if _interlocked(door, state) else AccessCode.REMOTE
        floors = tuple(floor.floor for floor in door.floors)
        return AccessDecision(code, reason_of(code), holder=f"user:{request.credential.value}", floors=floors)
    answers = [_answer(holder, door, request, register, rules, state) for holder in holders(request, register)]
    granted = next((answer for answer in answers if answer.granted), None)
    # Of several people with one PIN the one who would pass but for a condition explains best why the door stays shut.
    return granted or max(answers, key=_how_close, default=_plain(AccessCode.UNKNOWN))


_CONDITIONS = frozenset(
    {AccessCode.SECOND_PERSON, AccessCode.INTERLOCK, AccessCode.ARMED, AccessCode.PASSBACK, AccessCode.NOT_NOW}
)


def _how_close(answer: AccessDecision) -> bool:
    return answer.code in _CONDITIONS


def _takes(door: DoorSection, request: AccessRequest, rules: AccessRules) -> bool:
    kind, reader = request.credential.kind, rules.reader(door, request.reader)
    return kind in door.kinds and (reader is None or not reader.kinds or kind in reader.kinds)


def _interlocked(door: DoorSection, state: AccessState) -> bool:
    return any(other in state.open_doors for other in door.interlock)


def _answer(
    holder: Holder,
    door: DoorSection,
    request: AccessRequest,
    register: Register,
    rules: AccessRules,
    state: AccessState,
) -> AccessDecision:
    fault = holder.fault
    if is_barred(holder, rules):
        fault = AccessCode.BARRED
    fault = (
        fault
        or right_fault(holder, door, request, rules, register)
        or pass_fault(holder, door, request, rules, state)
        or (AccessCode.INTERLOCK if _interlocked(door, state) else None)
    )
    if fault is not None:
        return _decision(fault, holder)
    return _by_conditions(holder, door, request, rules, state)


def _by_conditions(
    holder: Holder, door: DoorSection, request: AccessRequest, rules: AccessRules, state: AccessState
) -> AccessDecision:
    delay = armed_delay(holder, door, state)
    if isinstance(delay, AccessCode):
        return _decision(delay, holder)
    floors = floors_of(holder, door)
    if door.floors and not floors:
        return _decision(AccessCode.NOT_HERE, holder)
    passback = passback_fault(holder, door, request, rules, state)
    if passback is AccessCode.PASSBACK:
        return _decision(passback, holder)
    if waits_for_second(holder, door, request.at, state):
        return _decision(AccessCode.SECOND_PERSON, holder)
    found = _decision(passback or AccessCode.OK, holder)
    return AccessDecision(
        found.code, found.reason, found.person, found.place, found.pass_id, holder.key, floors, entry_delay=delay
    )


def _decision(code: AccessCode, holder: Holder) -> AccessDecision:
    pass_id = holder.access_pass.id if holder.access_pass is not None else None
    return AccessDecision(code, reason_of(code), holder.person, holder.place, pass_id, holder.key)


def _plain(code: AccessCode) -> AccessDecision:
    return AccessDecision(code, reason_of(code))
