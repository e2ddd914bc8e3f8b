"""Imports a list of residents, all of it or nothing: what it would change is planned first, then done in one commit."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Protocol

from gateway.errors import Conflict
from gateway.people import rows
from gateway.people.import_plan import ImportPlan, plan_import
from gateway.people.list_mistakes import ListRefused
from gateway.people.register_draft import RegisterDraft, make_draft
from gateway.people.register_writer import ChangedBy
from gateway.people.roster_facts import Roster
from gateway.people.stored_register import read_register
from gateway.store import Store

COMMAND_LINE = ChangedBy("", "anju people import")
"""Who changed what an import changes, when nobody is signed in."""
_TRIES = 3


class Commit(Protocol):
    """`Store.write`, or what puts an action into the journal with it."""

    def __call__(self, unit: Callable[[sqlite3.Connection], Any]) -> Awaitable[Any]:
        """Commit the unit."""


class _ChangedMeanwhile(Conflict):
    """Somebody changed the register since it was read: plan again."""


async def plan_roster(store: Store, roster: Roster, at: datetime, *, replace: bool = False) -> ImportPlan:
    """What importing the roster would change. Raises ListRefused, VaultError and NotRecorded."""
    stored = await store.read(lambda connection: read_register(connection, store.vault))
    plan = await asyncio.to_thread(plan_import, roster, stored, store.vault, at, replace=replace)
    if plan.mistakes:
        raise ListRefused(plan.mistakes)
    return plan


async def import_roster(
    store: Store,
    roster: Roster,
    at: datetime,
    *,
    replace: bool = False,
    by: ChangedBy = COMMAND_LINE,
    commit: Commit | None = None,
) -> ImportPlan:
    """Add and change what the roster says, and return what that was. Importing it again changes nothing.

    A value that the roster leaves out is kept. With `replace`, what is not in the roster ends in the rooms that it
    names. `commit` is `store.write` where it is not given. Raises ListRefused with what contradicts the register,
    Conflict when others change it all the time, VaultError and NotRecorded.
    """
    for _ in range(_TRIES):
        plan = await plan_roster(store, roster, at, replace=replace)
        if not plan.changes:
            return plan

        def draft_of(connection: sqlite3.Connection, plan: ImportPlan = plan) -> RegisterDraft:
            _check_version(connection, plan)
            return make_draft(connection, store.vault, at, by, (change.apply for change in plan.changes))

        try:
            draft = await store.read(draft_of)

            def apply(connection: sqlite3.Connection, plan: ImportPlan = plan, draft: RegisterDraft = draft) -> None:
                _check_version(connection, plan)
                draft.put(connection)

            await (commit or store.write)(apply)
        except _ChangedMeanwhile:
            continue
        return plan
    raise Conflict("the register is being changed by others: try again")


def _check_version(connection: sqlite3.Connection, plan: ImportPlan) -> None:
    if rows.last_change(connection) != plan.version:
        raise _ChangedMeanwhile
