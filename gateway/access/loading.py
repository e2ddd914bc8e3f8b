"""What the doors' state starts from: who is inside, which passes were used, what burns, and what was cut off."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from gateway.access import rows
from gateway.access.rules import AccessRules
from gateway.access.state import AccessState, PassShown, Whereabouts
from gateway.model import Signal
from gateway.store import Store, journal
from gateway.store.columns import from_us

CUT_OFF_WITHIN = timedelta(minutes=5)
"""Credentials that were presented so shortly before the start and have no decision were cut off."""
FIRE_WITHIN = timedelta(hours=24)
CODES_WITHIN = timedelta(minutes=15)
"""A pass's code is valid for less, whatever the clocks' tolerance."""
_MOST_FIRES, _CARDS_AT_ONCE = 200, 50


async def load_state(
    store: Store, rules: AccessRules, state: AccessState, now: datetime, passes: Sequence[str]
) -> None:
    """Fill the state from the record. Raises NotRecorded when it can't be read."""
    longest = max((zone.forget_after for zone in rules.settings.zones.values()), default=timedelta())
    for row in await store.read(partial(rows.whereabouts, since=now - longest)):
        state.whereabouts[row["zone"], row["holder"]] = Whereabouts(bool(row["inside"]), from_us(row["at"]))
    for row in await store.read(partial(rows.codes_shown, since=now - CODES_WITHIN)):
        before = state.shown.get(row["pass"])
        if before is None or before.window != row["window"]:
            state.shown[row["pass"]] = PassShown(row["door"], row["window"], from_us(row["at"]))
    state.uses.update(await store.read(partial(rows.uses, passes=passes)))
    for device in await store.read(partial(_burning, since=now - FIRE_WITHIN)):
        if rules.fire_counts(device):
            state.burning[device] = rules.place_of_device(device)


def _burning(connection: sqlite3.Connection, since: datetime) -> set[str]:
    """Devices whose last word about fire is an alarm."""
    said: dict[str, Signal] = {}
    for kind in ("fire.alarm", "fire.restored"):
        for signal in journal.signals(connection, kind=kind, limit=_MOST_FIRES):
            last = said.get(signal.device)
            if signal.time >= since and (last is None or (signal.number or 0) > (last.number or 0)):
                said[signal.device] = signal
    return {device for device, signal in said.items() if signal.kind == "fire.alarm"}


async def cut_off(store: Store, rules: AccessRules, now: datetime) -> list[Signal]:
    """Cards that were presented before the start and were not decided on any more, oldest first."""

    def find(connection: sqlite3.Connection) -> list[Signal]:
        found = [one for reader in rules.readers for one in _undecided(connection, reader, now - CUT_OFF_WITHIN)]
        return sorted(found, key=lambda one: one.number or 0)

    return await store.read(find)


def _undecided(connection: sqlite3.Connection, reader: str, since: datetime) -> list[Signal]:
    """Cards of a reader without a decision. They are the last ones: a page without any ends the search."""
    found: list[Signal] = []
    before: int | None = None
    while True:
        page = journal.signals(
            connection, device=reader, kind="credential.presented", before=before, limit=_CARDS_AT_ONCE
        )
        recent = [signal for signal in page if signal.time >= since]
        done = rows.decided(connection, [signal.id for signal in recent])
        open_ones = [signal for signal in recent if signal.id not in done]
        found += open_ones
        if not open_ones or len(recent) < _CARDS_AT_ONCE:
            return found
        before = page[-1].number
