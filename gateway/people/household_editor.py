"""Carries out changes of one room inside a transaction. What is not allowed is refused in words for people."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from gateway.model import Listing
from gateway.people import cell_values, rows
from gateway.people import household_orders as orders
from gateway.people.household_belongings import Belongings
from gateway.people.household_room import ChangeRefused, check_order, earlier, no_person
from gateway.people.import_plan import is_over
from gateway.people.register_writer import MembershipData, PersonData, RegisterWriter
from gateway.people.stored_register import membership_of


class HouseholdEditor(Belongings):
    """Changes the room. One object for one transaction."""

    def carry_out(self, order: orders.HouseholdOrder) -> None:  # noqa: C901  # one branch a kind of order
        """Raises ChangeRefused, VaultError."""
        match order:
            case orders.AddPerson():
                self._add_person(order)
            case orders.ChangePerson():
                self._change_person(order)
            case orders.ChangeMembership():
                self._change_membership(order)
            case orders.MoveOut():
                self._move_out(order)
            case orders.ChangeTenant():
                self._change_tenant(order)
            case orders.AddVehicle():
                self._add_vehicle(order)
            case orders.ChangeVehicle():
                self._change_vehicle(order)
            case orders.EndVehicle():
                self._end_vehicle(order)
            case orders.AddCard():
                self._add_card(order)
            case orders.SetPin():
                self._set_pin(order)
            case orders.EndCredential():
                self._end_credential(order)

    def _add_person(self, order: orders.NewPerson) -> None:
        since = self._moment(order.since) or self._at
        until = self._moment(order.until, whole_day=True)
        check_order(since, until)
        person = self._known_person(order.person) if order.person else self._new_person(order)
        if any(self._overlaps(stay, since, until) for _, stay in self._stays() if stay.person == person):
            raise ChangeRefused(409, "此人已登记在这个房间", "this person is registered with the room already")
        self.writer.put_membership(MembershipData(person, self._place, order.role, since, until))

    def _known_person(self, person: str) -> str:
        data = self.writer.person(person)
        if data is None:
            raise no_person()
        if data.listing is Listing.WATCH:
            raise ChangeRefused(409, "此人在布控名单上", "this person is on the watch list")
        return person

    def _new_person(self, order: orders.NewPerson) -> str:
        name = self._name(order.name)
        phone, number = self._read(cell_values.phone, order.phone), self._read(cell_values.id_number, order.id_number)
        return self.writer.put_person(PersonData(name, phone, number, self._born(order.born)))

    def _change_person(self, order: orders.ChangePerson) -> None:
        self._stay_of(order.person, also_over=True)
        before = self.writer.person(order.person)
        if before is None:
            raise no_person()
        data = replace(
            before,
            name=before.name if order.name is None else self._name(order.name),
            phone=before.phone if order.phone is None else self._read(cell_values.phone, order.phone),
            id_number=(
                before.id_number if order.id_number is None else self._read(cell_values.id_number, order.id_number)
            ),
            born=before.born if order.born is None else self._born(order.born),
        )
        self.writer.put_person(data, order.person)

    def _change_membership(self, order: orders.ChangeMembership) -> None:
        key, stay = self._stay_of(order.person)
        since = (self._moment(order.since) or stay.since) if order.since is not None else stay.since
        until = self._moment(order.until, whole_day=True) if order.until is not None else stay.until
        check_order(since, until)
        self.writer.put_membership(replace(stay, role=order.role or stay.role, since=since, until=until), key)

    def _move_out(self, order: orders.MoveOut) -> None:
        leaving = order.people or self._everybody()
        if not leaving:
            raise ChangeRefused(409, "这个房间没有登记的人", "nobody is registered with the room")
        self._leave(leaving, self._moment(order.at, whole_day=True) or self._at)

    def _change_tenant(self, order: orders.ChangeTenant) -> None:
        at = self._moment(order.at, whole_day=True) or self._at
        leaving = order.leaving or [stay.person for _, stay in self._running() if stay.role != "owner"]
        self._leave(dict.fromkeys(leaving), at)
        self._end_shared(at)  # those who leave know the household's PIN
        for person in order.people:
            since = self._moment(person.since)
            if since is not None and since < at:
                raise ChangeRefused(
                    400, "新租户的开始日期早于原租户的结束日期", "the new tenant begins before the old one ends"
                )
            self._add_person(person.model_copy(update={"since": (since or at).isoformat()}))

    def _leave(self, people: Iterable[str], at: datetime) -> None:
        """These people leave, and with them end their cards, PINs, vehicles and faces."""
        people = dict.fromkeys(people)
        for person in people:
            self._stay_of(person)  # nobody leaves when one of them does not belong here
        for key, stay in self._running():
            if stay.person in people:
                self.writer.end_membership(key, max(stay.since, earlier(stay.until, at)))
        self._end_belongings(people, at)
        if all(stay.until is not None and stay.until <= at for _, stay in self._running()):
            self._end_belongings((None,), at)  # those of the household as a whole
        for person in people:
            forget_faces(self.writer, self._connection, person, self._at)

    def _end_belongings(self, holders: Collection[str | None], at: datetime) -> None:
        for credential in self._credentials():
            if credential.person in holders:
                self._end_at(credential, at, "moved out")
        for plate, vehicle in self._vehicles():
            if vehicle.person in holders:
                self._end_vehicle_at(plate, vehicle, at)

    def _end_shared(self, at: datetime) -> None:
        for credential in self._credentials():
            if credential.person is None:
                self._end_at(credential, at, "moved out")


def forget_faces(writer: RegisterWriter, connection: sqlite3.Connection, person: str, at: datetime) -> int:
    """Delete the faces of somebody who belongs to no room now or later, and is not watched for; returns how many."""
    data = writer.person(person)
    stays = [membership_of(row) for row in rows.memberships_of(connection, person)]
    if data is None or data.listing is Listing.WATCH or not all(is_over(stay.until, at) for stay in stays):
        return 0
    return writer.remove_faces(person)
