"""Rooms for the property: read, looked back at, and changed with a reason. Each change is one commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from gateway.model import Action, Step
from gateway.people.household_editor import HouseholdEditor
from gateway.people.household_orders import HouseholdOrder, orders_of
from gateway.people.household_record import HouseholdState, RegisterChange, read_history, read_household, version_of
from gateway.people.household_room import ChangeRefused
from gateway.people.register import CurrentRegister
from gateway.people.register_writer import ChangedBy
from gateway.store import Store, audit
from gateway.store.vault import Vault

_LAST = (1 << 63) - 1


class Act(Protocol):
    """`Intake.act`."""

    def __call__(self, action: Action, unit: Callable[[sqlite3.Connection], object] | None = None) -> Awaitable[int]:
        """Commit what a person did, together with `unit`."""


class Households:
    """`zone` is that of the compound's calendar."""

    def __init__(
        self, store: Store, register: CurrentRegister, now: Callable[[], datetime], act: Act, zone: ZoneInfo
    ) -> None:
        self._store, self._register, self._now, self._act, self._zone = store, register, now, act, zone

    async def read(self, place: str) -> HouseholdState:
        """The room as it is. Raises NotRecorded."""
        vault = self._store.vault
        return await self._store.read(lambda connection: read_household(connection, vault, place))

    async def history(self, place: str, before: int | None, limit: int) -> list[RegisterChange]:
        """Changes of the room, newest first; `before` is the number that the last page ended on."""
        vault, below = self._store.vault, _LAST if before is None else before
        return await self._store.read(lambda connection: read_history(connection, vault, place, below, limit))

    async def change(
        self, place: str, changes: Sequence[HouseholdOrder], by: ChangedBy, version: str | None
    ) -> HouseholdState:
        """Carry out all changes, or none of them, and return the room as it is then.

        Raises ChangeRefused; with 409 where the room is no longer of this `version`. Raises VaultError, NotRecorded.
        """
        now, vault = self._now(), self._store.vault

        def unit(connection: sqlite3.Connection) -> None:
            if version is not None and version_of(connection, place) != version:
                raise ChangeRefused(
                    409,
                    "这个房间刚被别人改过，请刷新后再改",
                    "somebody else has changed this room meanwhile: read it again",
                    "changed_meanwhile",
                )
            carry_out(connection, vault, now, self._zone, place, changes, by)

        kinds = [change.do for change in changes]
        action = Action(kind="register.changed", user=by.user, time=now, place=place, data={"for": kinds})
        await self._act(action, unit)
        await self._register.refresh()
        return await self.read(place)


def carry_out(
    connection: sqlite3.Connection,
    vault: Vault,
    now: datetime,
    zone: ZoneInfo,
    place: str,
    changes: Sequence[HouseholdOrder],
    by: ChangedBy,
) -> None:
    """Change the room in the caller's transaction, with a step in the audit that names nobody."""
    editor = HouseholdEditor(connection, vault, now, by, place, zone)
    for change in changes:
        editor.carry_out(change)
    data = {"place": place, "for": [change.do for change in changes], "changes": editor.writer.numbers}
    audit.append(connection, Step("", "household-change", by.user, now, data=data))


class ChangeRequests:
    """Carries out what a resident asked for and somebody confirmed, in the transaction of the confirmation.

    The caller refreshes the register after it.
    """

    def __init__(self, vault: Vault, now: Callable[[], datetime], zone: Callable[[], ZoneInfo]) -> None:
        self._vault, self._now, self._zone = vault, now, zone

    def apply_change_request(
        self, connection: sqlite3.Connection, place: str, orders: Sequence[Mapping[str, Any]], by: str, why: str
    ) -> None:
        """`orders` as in `household_orders.py`, `by` who confirmed them. Raises ChangeRefused, VaultError."""
        try:
            changes = orders_of(list(orders))
        except ValidationError as error:
            raise ChangeRefused(400, "申请的内容不正确", "the request can't be understood") from error
        carry_out(connection, self._vault, self._now(), self._zone(), place, changes, ChangedBy(by, why))
