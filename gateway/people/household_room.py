"""What one room has, read in a transaction, and the values of orders for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from datetime import date, datetime
from zoneinfo import ZoneInfo

from gateway.errors import Refused
from gateway.model import Listing, Words
from gateway.people import cell_values, rows
from gateway.people.cell_values import CellFault
from gateway.people.import_plan import is_over
from gateway.people.number_plates import normalized_plate
from gateway.people.register_writer import ChangedBy, MembershipData, RegisterWriter, VehicleData
from gateway.people.stored_register import StoredCredential, credential_of, membership_of, vehicle_of
from gateway.store.vault import Vault

_CODES = {400: "bad_request", 404: "not_found", 409: "conflict"}


class ChangeRefused(Refused):
    """A change of a room that can't be carried out. `code` is for programs."""

    def __init__(self, status: int, zh: str, en: str, code: str = "") -> None:
        super().__init__(en)
        self.status = status
        self.code = code or _CODES[status]
        self.words = Words(zh, en)


class Room:
    """The room `place` at the time `at`, with the writer of its changes."""

    def __init__(
        self, connection: sqlite3.Connection, vault: Vault, at: datetime, by: ChangedBy, place: str, zone: ZoneInfo
    ) -> None:
        self.writer = RegisterWriter(connection, vault, at, by)
        self._connection, self._vault, self._at, self._place, self._zone = connection, vault, at, place, zone
        self._begin = at.replace(microsecond=0)
        """What begins without a date begins with this second."""

    def _stays(self) -> list[tuple[str, MembershipData]]:
        return [(row["id"], membership_of(row)) for row in rows.memberships_at(self._connection, self._place)]

    def _running(self) -> list[tuple[str, MembershipData]]:
        """Those that are not over: now or later."""
        return [(key, stay) for key, stay in self._stays() if not is_over(stay.until, self._at)]

    def _everybody(self) -> Collection[str]:
        return dict.fromkeys(stay.person for _, stay in self._running())

    def _stay_of(self, person: str, *, also_over: bool = False) -> tuple[str, MembershipData]:
        stays = self._stays() if also_over else self._running()
        found = next(((key, stay) for key, stay in stays if stay.person == person), None)
        if found is None:
            raise no_person()
        return found

    def _holder(self, person: str | None) -> str | None:
        """Whoever is to have a vehicle or card: somebody of this room, or the household as a whole."""
        if person:
            self._stay_of(person)
        return person or None

    def _vehicles(self) -> list[tuple[str, VehicleData]]:
        found = [(row["plate"], vehicle_of(row)) for row in rows.vehicles_at(self._connection, self._place)]
        return [
            (plate, vehicle)
            for plate, vehicle in found
            if vehicle.listing is Listing.RESIDENT and not is_over(vehicle.until, self._at)
        ]

    def _vehicle(self, plate: str) -> tuple[str, VehicleData]:
        wanted = normalized_plate(plate)
        found = next(((known, vehicle) for known, vehicle in self._vehicles() if known == wanted), None)
        if found is None:
            raise ChangeRefused(404, "这个房间没有登记这辆车", "there is no such vehicle here")
        return found

    def _credentials(self) -> list[StoredCredential]:
        found = rows.credentials_at(self._connection, self._place)
        return [credential_of(row, self._vault) for row in found if row["ended_at"] is None]

    def _overlaps(self, stay: MembershipData, since: datetime, until: datetime | None) -> bool:
        return (stay.until is None or since < stay.until) and (until is None or stay.since < until)

    def _moment(self, text: str | None, *, whole_day: bool = False) -> datetime | None:
        try:
            return cell_values.moment(text or "", self._zone, whole_day=whole_day)
        except CellFault as fault:
            raise _refused(fault) from fault

    def _read(self, read: Callable[[str], str], text: str) -> str:
        try:
            return read(text)
        except CellFault as fault:
            raise _refused(fault) from fault

    def _born(self, text: str) -> date | None:
        day = self._read(cell_values.day_of, text)
        return date.fromisoformat(day) if day else None

    def _name(self, text: str) -> str:
        name = " ".join(text.split())
        if not name or not name.isprintable():
            raise ChangeRefused(400, "请写姓名", "give a name")
        return name


def earlier(until: datetime | None, at: datetime) -> datetime:
    """Whichever comes first; None is never."""
    return at if until is None else min(until, at)


def check_order(since: datetime, until: datetime | None) -> None:
    """Raises ChangeRefused."""
    if until is not None and until <= since:
        raise ChangeRefused(400, "结束早于开始", "it would end before it begins")


def _refused(fault: CellFault) -> ChangeRefused:
    return ChangeRefused(400, f"{fault.what.zh}：{fault.fix.zh}", f"{fault.what.en}: {fault.fix.en}")


def no_person() -> ChangeRefused:
    """404: nobody with this id belongs here."""
    return ChangeRefused(404, "这个房间没有登记此人", "there is no such person here")
