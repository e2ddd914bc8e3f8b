"""Whose credential it is: persons, households, vehicles and passes behind what was presented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.access.decision import AccessCode
from gateway.access.request import AccessRequest, CodeRefusal
from gateway.model import Credential, CredentialKind, Listing, Pass, Register, Resident, Vehicle
from gateway.people.number_plates import normalized_plate

VISITOR = "visitor"
"""The role of who comes with a pass: a right that names roles is not for them."""


@dataclass(frozen=True, slots=True)
class Room:
    """A place that the holder belongs to, and as what."""

    place: str
    role: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Who passes. `key` names them for anti-passback and two-person doors; `fault` is why they may pass nowhere.

    `rooms` are those that they belong to at the time of the decision. `lapse`: why they belong to none.
    """

    key: str
    person: str | None = None
    rooms: tuple[Room, ...] = ()
    plate: str = ""
    access_pass: Pass | None = None
    lapse: AccessCode | None = None
    fault: AccessCode | None = None

    @property
    def place(self) -> str | None:
        """The room that the record names."""
        return self.rooms[0].place if self.rooms else None


def holders(request: AccessRequest, register: Register) -> Sequence[Holder]:
    """Everybody whose credential it may be, in a fixed order: several people may have the same PIN. Empty: nobody's."""
    value, at = request.credential.value, request.at
    match request.credential.kind:
        case CredentialKind.CARD | CredentialKind.PIN:
            return [holder_of(found, register, at) for found in _credentials(request, register)]
        case CredentialKind.FACE | CredentialKind.PHONE:
            return [_of_person(value, register, at)] if value in register.persons else []
        case CredentialKind.PLATE:
            plate = normalized_plate(value)
            # One that nobody registered may still be on a list of access.yaml.
            unknown = Holder(f"plate:{plate}", plate=plate, lapse=AccessCode.UNKNOWN)
            return list(_of_plate(plate, register, at)) or [unknown]
        case CredentialKind.PASS:
            return _of_code(request, register)
    return []


def _credentials(request: AccessRequest, register: Register) -> list[Credential]:
    kind = CredentialKind(request.credential.kind)
    found = {
        credential.id: credential
        for digest in request.digests
        for credential in register.credentials.get((kind, digest), ())
    }
    return [found[each] for each in sorted(found)]


def holder_of(credential: Credential, register: Register, at: datetime) -> Holder:
    """Whose card or PIN it is, as of that time."""
    if credential.person is None:
        room = (Room(credential.place, "resident"),) if credential.place else ()
        holder = Holder(f"credential:{credential.id}", rooms=room)
    else:
        holder = _of_person(credential.person, register, at, credential.place)
    return _with(holder, _fault_of_times(credential.since, credential.until, at, ended=credential.ended_at is not None))


def _of_person(person: str, register: Register, at: datetime, place: str = "") -> Holder:
    """The person; with `place` only while they belong to it, or to a room below it."""
    resident = register.persons.get(person)
    if resident is None:
        return Holder(f"person:{person}", person, fault=AccessCode.UNKNOWN)
    if resident.listing is Listing.WATCH:
        return Holder(f"person:{person}", person, fault=AccessCode.BARRED)
    rooms = tuple(Room(one.place, one.role) for one in resident.memberships if one.is_valid(at))
    if place and not any(is_within(room.place, place) for room in rooms):
        rooms = ()
    return Holder(f"person:{person}", person, rooms, lapse=None if rooms else _lapse(resident, at))


def _lapse(resident: Resident, at: datetime) -> AccessCode | None:
    """Why somebody who is known belongs nowhere now; None for whoever never belonged to a room."""
    if not resident.memberships:
        return None
    future = all(at < one.since for one in resident.memberships)
    return AccessCode.NOT_BEGUN if future else AccessCode.MOVED_OUT


def _of_plate(plate: str, register: Register, at: datetime) -> Iterator[Holder]:
    vehicle = register.vehicles.get(plate)
    if vehicle is not None:
        holder = _of_vehicle(vehicle, register, at)
        yield holder
        if holder.fault is AccessCode.BARRED:
            return  # no pass lets in whom the compound watches for
    passes = [one for one in register.passes.values() if one.plate and normalized_plate(one.plate) == plate]
    for one in sorted(passes, key=lambda one: (one.since, one.id)):
        yield _with(_of_pass(one, register, at), None, plate)


def _of_vehicle(vehicle: Vehicle, register: Register, at: datetime) -> Holder:
    key = f"plate:{vehicle.plate}"
    if vehicle.listing is Listing.WATCH:
        return Holder(key, vehicle.person, plate=vehicle.plate, fault=AccessCode.BARRED)
    if vehicle.person is not None and vehicle.person in register.persons:
        owner = _of_person(vehicle.person, register, at, vehicle.place or "")
        rooms, lapse, fault = owner.rooms, owner.lapse, owner.fault
    else:
        rooms, lapse, fault = ((Room(vehicle.place, "resident"),) if vehicle.place else ()), None, None
    holder = Holder(key, vehicle.person, rooms, vehicle.plate, lapse=lapse, fault=fault)
    return _with(holder, _fault_of_times(vehicle.since, vehicle.until, at))


def _of_code(request: AccessRequest, register: Register) -> list[Holder]:
    code = request.code
    if isinstance(code, CodeRefusal):
        fault = {"forged": AccessCode.CODE_FORGED, "foreign": AccessCode.UNKNOWN}.get(code.code, AccessCode.CODE_STALE)
        return [_with(Holder(f"pass:{code.pass_id}", access_pass=register.passes.get(code.pass_id)), fault)]
    found = register.passes.get(code.pass_id) if code is not None else None
    return [] if found is None else [_of_pass(found, register, request.at)]


def _of_pass(one: Pass, register: Register, at: datetime) -> Holder:
    fault = _fault_of_times(one.since, one.until, at)
    if one.revoked_at is not None:
        fault = AccessCode.REVOKED
    elif of_resident(one, register) and one.place not in register.rooms_of(one.host, at):
        fault = AccessCode.MOVED_OUT
    return Holder(f"pass:{one.id}", rooms=(Room(one.place, VISITOR),), access_pass=one, fault=fault)


def of_resident(one: Pass, register: Register) -> bool:
    """Whether a resident gave the pass, and not a guard; also one who was deleted since."""
    return one.by_resident or one.host in register.persons


def _with(holder: Holder, fault: AccessCode | None, plate: str = "") -> Holder:
    """The holder with the fault, unless they have a graver one already."""
    fault = holder.fault or fault
    return Holder(
        holder.key, holder.person, holder.rooms, plate or holder.plate, holder.access_pass, holder.lapse, fault
    )


def _fault_of_times(
    since: datetime | None, until: datetime | None, at: datetime, *, ended: bool = False
) -> AccessCode | None:
    if ended or (until is not None and until <= at):
        return AccessCode.ENDED
    return AccessCode.NOT_BEGUN if since is not None and at < since else None


def is_within(place: str, top: str) -> bool:
    """Whether the place is `top` or below it."""
    return place == top or place.startswith(f"{top}/")
