"""What an import would change: a pure comparison of the list with the stored register."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from gateway.model import CredentialKind, Listing, Words, new_id
from gateway.people.blind_index import normalized_name, normalized_phone
from gateway.people.credential_digest import credential_digest
from gateway.people.list_mistakes import LineMistake
from gateway.people.register_writer import (
    CredentialData,
    MembershipData,
    PersonData,
    RegisterWriter,
    VehicleData,
)
from gateway.people.roster_facts import ListedCredential, ListedMembership, ListedPerson, ListedVehicle, Roster
from gateway.people.stored_register import StoredCredential, StoredRegister
from gateway.store.vault import Vault

_SHOWN_DIGITS = 4


class Subject(StrEnum):
    """What a change is about."""

    PERSON = "person"
    MEMBERSHIP = "membership"
    VEHICLE = "vehicle"
    CARD = "card"
    PIN = "pin"


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One change. `line` is None for what ends because the list leaves it out; `label` is for people."""

    subject: Subject
    change: str
    label: str
    apply: Callable[[RegisterWriter], object] = field(repr=False)
    line: int | None = None
    place: str | None = None
    fields: tuple[str, ...] = ()


@dataclass(slots=True)
class Count:
    """How many of a subject."""

    added: int = 0
    changed: int = 0
    ended: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class ImportPlan:
    """`version` is that of the register it was made for."""

    version: int
    changes: list[PlannedChange] = field(default_factory=list)
    counts: dict[Subject, Count] = field(default_factory=lambda: {subject: Count() for subject in Subject})
    mistakes: list[LineMistake] = field(default_factory=list)

    def total(self, what: str) -> int:
        """The sum of `added`, `changed`, `ended` or `unchanged` over all subjects."""
        return sum(getattr(count, what) for count in self.counts.values())

    def add(self, change: PlannedChange) -> None:
        """Plan a change."""
        count = self.counts[change.subject]
        setattr(count, change.change, getattr(count, change.change) + 1)
        self.changes.append(change)


def plan_import(
    roster: Roster, stored: StoredRegister, vault: Vault, at: datetime, *, replace: bool = False
) -> ImportPlan:
    """Compare. With `replace`, what the roster does not have ends at once in the rooms that it names."""
    planning = _Planning(roster, stored, vault, at)
    for person in roster.persons:
        planning.person(person)
    for stay in roster.memberships:
        planning.membership(stay)
    for vehicle in roster.vehicles.values():
        planning.vehicle(vehicle)
    for credential in roster.credentials.values():
        planning.credential(credential)
    if replace:
        planning.end_absent(roster.places())
    planning.plan.mistakes.sort(key=lambda each: each.line)
    return planning.plan


def is_over(until: datetime | None, at: datetime) -> bool:
    """Whether it has ended by this time."""
    return until is not None and until <= at


class _Planning:
    def __init__(self, roster: Roster, stored: StoredRegister, vault: Vault, at: datetime) -> None:
        self.plan = ImportPlan(stored.version)
        self._roster, self._stored, self._vault, self._at = roster, stored, vault, at
        self._begin = at.replace(microsecond=0)
        self._ids: list[str] = []
        self._finder = _PersonFinder(stored, roster)
        self._stays: dict[tuple[str, str], list[str]] = defaultdict(list)
        for key, stay in stored.memberships.items():
            self._stays[stay.person, stay.place].append(key)
        self._kept: set[str] = set()
        """Ids of memberships, and plates, that the roster has."""
        self._cards = {each.digest: each for each in stored.credentials.values() if each.kind is CredentialKind.CARD}
        self._listed_cards: set[bytes] = set()
        self._pins: dict[tuple[str | None, str], list[StoredCredential]] = defaultdict(list)
        for each in stored.credentials.values():
            if each.kind is CredentialKind.PIN:
                self._pins[each.person, each.place].append(each)

    def person(self, listed: ListedPerson) -> None:
        index = len(self._ids)
        key = self._finder.find(index, listed)
        before = self._stored.persons.get(key) if key else None
        born = date.fromisoformat(listed.born) if listed.born else None
        data = PersonData(listed.name, listed.phone, listed.id_number, born, listed.listing or Listing.RESIDENT)
        if before is not None:  # an empty cell keeps what is stored
            data = PersonData(
                listed.name,
                data.phone or before.phone,
                data.id_number or before.id_number,
                data.born or before.born,
                listed.listing or before.listing,
            )
        key = key or listed.id or new_id("p")
        self._ids.append(key)
        fields = _different(before, data, ("name", "phone", "id_number", "born", "listing"))
        self._note(
            Subject.PERSON,
            listed.line,
            None,
            listed.name,
            before is not None,
            fields,
            lambda writer: writer.put_person(data, key),
        )

    def membership(self, listed: ListedMembership) -> None:
        person = self._ids[listed.person]
        key = self._stay(person, listed)
        before = self._stored.memberships.get(key) if key else None
        since = listed.since or (before.since if before else self._begin)
        until = listed.until or (before.until if before else None)
        if self._ends_first(listed.line, since, until):
            return
        role = listed.role or (before.role if before else "resident")
        data = MembershipData(person, listed.place, role, since, until)
        key = key or new_id("m")
        self._kept.add(key)
        self._note(
            Subject.MEMBERSHIP,
            listed.line,
            listed.place,
            self._roster.persons[listed.person].name,
            before is not None,
            _different(before, data, ("role", "since", "until")),
            lambda writer: writer.put_membership(data, key),
        )

    def _ends_first(self, line: int, since: datetime | None, until: datetime | None) -> bool:
        """Note a mistake where it would end before it begins, which without `since` is now."""
        if since is None or until is None or since < until:
            return False
        what = Words("结束早于开始", "it ends before it begins")
        fix = Words("请写开始日期，或核对日期", "give `since`, or check both dates")
        self.plan.mistakes.append(LineMistake(line, what, fix))
        return True

    def vehicle(self, listed: ListedVehicle) -> None:
        plate, before = listed.plate, self._stored.vehicles.get(listed.plate)
        person = self._ids[listed.person] if listed.person is not None else None
        same_room = before is not None and before.place == listed.place
        runs = before is not None and same_room and not is_over(before.until, self._at)
        data = VehicleData(
            listed.place,
            listed.listing,
            person or (before.person if before and same_room else None),
            listed.since or (before.since if before and runs else self._begin),
            listed.until or (before.until if before and runs else None),
        )
        if before is not None and listed.until is not None and same_room and not listed.since:
            data = replace(data, since=before.since)  # one that is over and stays so
        if self._ends_first(listed.line, data.since, data.until):
            return
        self._kept.add(plate)
        self._note(
            Subject.VEHICLE,
            listed.line,
            listed.place,
            plate,
            before is not None,
            _different(before, data, ("place", "listing", "person", "since", "until")),
            lambda writer: writer.put_vehicle(plate, data),
        )

    def credential(self, listed: ListedCredential) -> None:
        if listed.place is None:
            what = Words("卡和密码要有房号", "a card or PIN without a room")
            self.plan.mistakes.append(LineMistake(listed.line, what, Words("请写房号", "give the room")))
            return
        person = self._ids[listed.person] if listed.person is not None else None
        kind = CredentialKind(listed.kind)
        digest = credential_digest(self._vault, kind, listed.value)
        if kind is CredentialKind.CARD:
            if digest in self._listed_cards:  # written in two ways: with and without leading zeros
                what = Words("同一张卡写了两次", "the same card is there twice")
                self.plan.mistakes.append(LineMistake(listed.line, what, Words("只留一处", "keep one of them")))
                return
            self._listed_cards.add(digest)
            self._card(listed, listed.place, person, self._cards.get(digest))
        else:
            self._pin(listed, listed.place, person, digest)

    def _card(self, listed: ListedCredential, place: str, person: str | None, before: StoredCredential | None) -> None:
        if before is not None and (before.person, before.place) != (person, place):
            self.plan.mistakes.append(LineMistake(listed.line, *_CARD_IN_USE))
            return
        label = ending(listed.value)
        if before is not None and not (is_over(before.until, self._at) and listed.until is None):
            self._redate(listed, before, Subject.CARD, label)
            return
        if before is not None:
            self._end_credential(before, Subject.CARD, label, "replaced", listed.line)
        self._hand_out(listed, CredentialKind.CARD, place, person, label)

    def _pin(self, listed: ListedCredential, place: str, person: str | None, digest: bytes) -> None:
        for before in self._pins[person, place]:
            if before.digest == digest and not (is_over(before.until, self._at) and listed.until is None):
                self._redate(listed, before, Subject.PIN, "")
                return
        for before in self._pins[person, place]:
            self._end_credential(before, Subject.PIN, "", "replaced", listed.line)
        self._hand_out(listed, CredentialKind.PIN, place, person, "")

    def _redate(self, listed: ListedCredential, before: StoredCredential, subject: Subject, label: str) -> None:
        since, until = listed.since or before.since, listed.until or before.until
        if self._ends_first(listed.line, since, until):
            return
        fields = tuple(
            name for name, old, new in (("since", before.since, since), ("until", before.until, until)) if old != new
        )
        key = before.id
        self._note(
            subject,
            listed.line,
            before.place,
            label,
            True,
            fields,
            lambda writer: writer.set_credential_dates(key, since, until),
        )

    def _hand_out(
        self, listed: ListedCredential, kind: CredentialKind, place: str, person: str | None, label: str
    ) -> None:
        data = CredentialData(kind, listed.value, place, person, listed.since or self._begin, listed.until)
        if self._ends_first(listed.line, data.since, data.until):
            return
        self.plan.add(
            PlannedChange(
                Subject(kind.value), "added", label, lambda writer: writer.add_credential(data), listed.line, place
            )
        )

    def end_absent(self, places: Iterable[str]) -> None:
        """End what the roster leaves out in these rooms. None is the room of those who are only watched for."""
        wanted = set(places)
        gone: set[tuple[str | None, str]] = set()
        for key, stay in self._stored.memberships.items():
            if stay.place in wanted and key not in self._kept and not is_over(stay.until, self._at):
                self._end_membership(key, stay)
                gone.add((stay.person, stay.place))
        still = {(self._stored.memberships[key].person, self._stored.memberships[key].place)
                 for key in self._kept if key in self._stored.memberships}  # fmt: skip
        for plate, vehicle in self._stored.vehicles.items():
            if vehicle.place in wanted and plate not in self._kept and not is_over(vehicle.until, self._at):
                self._end_vehicle(plate, vehicle)
        for each in sorted(self._stored.credentials.values(), key=lambda one: (one.kind, one.id)):
            if (each.person, each.place) in gone - still:
                subject = Subject(each.kind.value)
                self._end_credential(each, subject, "", "moved out", None)

    def _end_membership(self, key: str, stay: MembershipData) -> None:
        at, name = max(self._at, stay.since), self._stored.persons[stay.person].name
        self.plan.add(
            PlannedChange(
                Subject.MEMBERSHIP, "ended", name, lambda writer: writer.end_membership(key, at), None, stay.place
            )
        )

    def _end_vehicle(self, plate: str, vehicle: VehicleData) -> None:
        ended = replace(vehicle, until=self._at)
        self.plan.add(
            PlannedChange(
                Subject.VEHICLE, "ended", plate, lambda writer: writer.put_vehicle(plate, ended), None, vehicle.place
            )
        )

    def _end_credential(
        self, before: StoredCredential, subject: Subject, label: str, because: str, line: int | None
    ) -> None:
        key = before.id
        self.plan.add(
            PlannedChange(
                subject, "ended", label, lambda writer: writer.end_credential(key, because), line, before.place
            )
        )

    def _stay(self, person: str, listed: ListedMembership) -> str | None:
        """The stored membership that the line is about: by its beginning or end, else the one that is not over."""
        known = [(key, self._stored.memberships[key]) for key in self._stays[person, listed.place]]
        known = [(key, stay) for key, stay in known if key not in self._kept]
        for name in ("since", "until"):
            wanted = getattr(listed, name)
            same = [key for key, stay in known if wanted is not None and getattr(stay, name) == wanted]
            if same:
                return same[0]
        runs = [key for key, stay in known if not is_over(stay.until, self._at)]
        return runs[0] if runs else None

    def _note(
        self,
        subject: Subject,
        line: int,
        place: str | None,
        label: str,
        existing: bool,  # private, and named where it is given
        fields: tuple[str, ...],
        apply: Callable[[RegisterWriter], object],
    ) -> None:
        if existing and not fields:
            self.plan.counts[subject].unchanged += 1
        else:
            change = "changed" if existing else "added"
            shown = fields if existing else ()
            self.plan.add(PlannedChange(subject, change, label, apply, line, place, shown))


_CARD_IN_USE = (
    Words("这张卡已发给别人或别的房间", "this card is given to somebody else, or in another room"),
    Words("先注销那张卡，或核对卡号", "end it there first, or check the number"),
)


class _PersonFinder:
    """Finds the stored person that a line is about: by id, by name and room, by name and phone, by name alone for those
    who are only watched for. Nobody is found twice.
    """

    def __init__(self, stored: StoredRegister, roster: Roster) -> None:
        self._stored = stored
        self._taken = {person.id for person in roster.persons if person.id}
        self._rooms: dict[str, set[str]] = defaultdict(set)
        for stay in stored.memberships.values():
            self._rooms[stay.person].add(stay.place)
        self._named: dict[str, list[str]] = defaultdict(list)
        for key, person in stored.persons.items():
            self._named[normalized_name(person.name)].append(key)
        self._listed_rooms: dict[int, set[str]] = defaultdict(set)
        facts: tuple[ListedMembership | ListedVehicle | ListedCredential, ...] = (
            *roster.memberships,
            *roster.vehicles.values(),
            *roster.credentials.values(),
        )
        for fact in facts:
            if fact.person is not None and fact.place is not None:
                self._listed_rooms[fact.person].add(fact.place)

    def find(self, index: int, listed: ListedPerson) -> str | None:
        """The id of the stored person; None for a new one."""
        if listed.id:
            return listed.id if listed.id in self._stored.persons else None
        named = [key for key in self._named[normalized_name(listed.name)] if key not in self._taken]
        rooms = self._listed_rooms[index]
        phone = normalized_phone(listed.phone)
        fitting: tuple[Callable[[str], bool], ...] = (
            lambda key: bool(rooms & self._rooms[key]),
            lambda key: bool(phone) and normalized_phone(self._stored.persons[key].phone) == phone,
            lambda key: not rooms and not self._rooms[key] and listed.listing is Listing.WATCH,
        )
        found = next((key for fits in fitting for key in named if fits(key)), None)
        if found is not None:
            self._taken.add(found)
        return found


def _different(before: object, after: object, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if before is None or getattr(before, name) != getattr(after, name))


def ending(number: str) -> str:
    """The last digits of a card's number, at most half of them: enough to tell two apart, too few to copy one."""
    return number[-min(_SHOWN_DIGITS, max(1, len(number) // 2)) :]
