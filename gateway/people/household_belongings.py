"""Vehicles, cards and PINs of one room: given out, changed and ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gateway.model import CredentialKind, Listing
from gateway.people import cell_values, rows
from gateway.people import household_orders as orders
from gateway.people.cell_values import CellFault
from gateway.people.credential_digest import credential_digest
from gateway.people.household_room import ChangeRefused, Room, check_order, earlier
from gateway.people.import_plan import is_over
from gateway.people.number_plates import is_plate, normalized_plate
from gateway.people.register_writer import CredentialData, VehicleData
from gateway.people.stored_register import StoredCredential, credential_of, vehicle_of


class Belongings(Room):
    """What the room's people drive and open doors with."""

    def _add_vehicle(self, order: orders.AddVehicle) -> None:
        plate = normalized_plate(order.plate)
        if not is_plate(plate):
            raise ChangeRefused(400, "车牌不正确", "this is no number plate")
        row = rows.vehicle(self._connection, plate)
        before = vehicle_of(row) if row is not None else None
        if before is not None and before.listing is Listing.WATCH:
            raise ChangeRefused(409, "这个车牌在布控名单上", "this plate is on the watch list")
        if (
            before is not None
            and not is_over(before.until, self._at)
            and (before.place == self._place or not order.move)
        ):
            raise ChangeRefused(
                409,
                "这个车牌已登记，如属实请选择转到本房间",
                "this plate is registered already: end it there, or give `move`",
                "in_use",
            )
        since, until = self._moment(order.since) or self._begin, self._moment(order.until, whole_day=True)
        check_order(since, until)
        person = self._holder(order.person)
        self.writer.put_vehicle(plate, VehicleData(self._place, Listing.RESIDENT, person, since, until))

    def _change_vehicle(self, order: orders.ChangeVehicle) -> None:
        plate, before = self._vehicle(order.plate)
        since = (self._moment(order.since) or before.since) if order.since is not None else before.since
        until = self._moment(order.until, whole_day=True) if order.until is not None else before.until
        if since is not None:
            check_order(since, until)
        person = before.person if order.person is None else self._holder(order.person)
        self.writer.put_vehicle(plate, replace(before, person=person, since=since, until=until))

    def _end_vehicle(self, order: orders.EndVehicle) -> None:
        plate, before = self._vehicle(order.plate)
        self._end_vehicle_at(plate, before, self._moment(order.at, whole_day=True) or self._at)

    def _end_vehicle_at(self, plate: str, vehicle: VehicleData, at: datetime) -> None:
        until = earlier(vehicle.until, at)
        self.writer.put_vehicle(plate, replace(vehicle, until=max(vehicle.since or until, until)))

    def _add_card(self, order: orders.AddCard) -> None:
        found = list(cell_values.cards(order.number))
        if len(found) != 1 or isinstance(found[0], CellFault):
            raise ChangeRefused(400, "卡号不正确", "no valid card number")
        digest = credential_digest(self._vault, CredentialKind.CARD, found[0])
        row = rows.valid_card(self._connection, digest)
        if row is not None:
            before = credential_of(row, self._vault)
            if not is_over(before.until, self._at):
                raise ChangeRefused(409, "这张卡正在使用，请先注销", "this card is in use: end it first", "in_use")
            self.writer.end_credential(before.id, "expired")
        self._hand_out(CredentialKind.CARD, found[0], order)

    def _set_pin(self, order: orders.SetPin) -> None:
        pin, person = self._read(cell_values.pin, order.pin), self._holder(order.person)
        for credential in self._credentials():
            if credential.kind is CredentialKind.PIN and credential.person == person:
                self.writer.end_credential(credential.id, "replaced")
        self._hand_out(CredentialKind.PIN, pin, order)

    def _hand_out(self, kind: CredentialKind, value: str, order: orders.AddCard | orders.SetPin) -> None:
        since, until = self._moment(order.since) or self._begin, self._moment(order.until, whole_day=True)
        check_order(since, until)
        person = self._holder(order.person)
        self.writer.add_credential(CredentialData(kind, value, self._place, person, since, until))

    def _end_credential(self, order: orders.EndCredential) -> None:
        credential = next((each for each in self._credentials() if each.id == order.credential), None)
        if credential is None:
            raise ChangeRefused(404, "没有找到这张卡或密码", "there is no such card or PIN here")
        self._end_at(credential, self._moment(order.at, whole_day=True) or self._at, "ended")

    def _end_at(self, credential: StoredCredential, at: datetime, because: str) -> None:
        if at <= self._at:
            self.writer.end_credential(credential.id, because)
        else:
            until = max(credential.since, earlier(credential.until, at))
            self.writer.set_credential_dates(credential.id, credential.since, until)
