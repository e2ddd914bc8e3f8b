"""Wires the law on personal information: consents, exports, deletions, and who moved out long ago."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog

from gateway.app.current_config import CurrentConfig
from gateway.care.service import Care
from gateway.clock import Clock
from gateway.config.residents.privacy import PersonalRetention
from gateway.desk import Desk
from gateway.errors import AnjuError, NotRecorded
from gateway.people import CurrentRegister
from gateway.privacy import Privacy, make_privacy, rows
from gateway.store import Store
from gateway.store.columns import to_us

log = structlog.get_logger(__name__)
INTERVAL_S, PAUSE_S = 3600.0, 0.2
BATCH, PEOPLE = 500, 20
"""Rows of the register's history in one transaction; persons deleted in one round."""


def privacy_of(
    store: Store, clock: Clock, current_config: CurrentConfig, register: CurrentRegister, desk: Desk, care: Care
) -> Privacy:
    """The service of the running gateway."""

    async def leave(person: str) -> None:
        await care.end_for(person, "")

    return make_privacy(store, clock.now, lambda: current_config.residents.privacy, register.refresh, desk, leave)


async def keep_privacy(privacy: Privacy, now: Callable[[], datetime]) -> None:
    """Carry out deletions, and purge what the settings say is no longer needed, until cancelled."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(privacy.erasures.run())
        tasks.create_task(purge_periodically(privacy, now))


async def purge_periodically(privacy: Privacy, now: Callable[[], datetime]) -> None:
    """Purge every hour, until cancelled."""
    while True:
        try:
            await purge(privacy, now(), privacy.settings().retention)
        except (NotRecorded, AnjuError) as error:
            log.error("purging personal data failed", why=str(error))
        await asyncio.sleep(INTERVAL_S)


async def purge(privacy: Privacy, now: datetime, keep: PersonalRetention) -> int:
    """Delete residents who moved out long ago and old rows of the register's history; returns how many persons."""
    gone = await privacy.store.read(partial(rows.moved_out, before_us=to_us(now - keep.moved_out), limit=PEOPLE))
    for person in gone:
        await privacy.erasures.order(person, "", f"retention.moved_out {keep.moved_out.days} d")
        await asyncio.sleep(PAUSE_S)
    before = now - keep.register_changes
    deleted = BATCH
    while deleted == BATCH:
        deleted = await privacy.store.write(partial(rows.purge_changes, before=before, limit=BATCH))
        await asyncio.sleep(PAUSE_S)
    return len(gone)
