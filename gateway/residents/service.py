"""Everything that residents' phones need, as one object for the web."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from gateway.config.residents import PersonalRetention
from gateway.errors import NotRecorded
from gateway.limits import RefusalLog
from gateway.people import CurrentRegister
from gateway.residents import rows
from gateway.residents.code_sender import CodeSender, SendCode
from gateway.residents.devices import Devices
from gateway.residents.directory import Directory
from gateway.residents.keys import Keys
from gateway.residents.limits import SignInLimits
from gateway.residents.near import NearDoors
from gateway.residents.notices import Notices
from gateway.residents.requests import CarryOut, Requests
from gateway.residents.sign_in import SignIn
from gateway.residents.types import Act, Settings
from gateway.store import Store

log = structlog.get_logger(__name__)
PURGE_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Residents:
    """`run` sends codes and deletes what has expired."""

    directory: Directory
    devices: Devices
    sign_in: SignIn
    keys: Keys
    sender: CodeSender
    notices: Notices
    requests: Requests
    near: NearDoors
    store: Store
    now: Callable[[], datetime]
    kept: Callable[[], PersonalRetention]
    """How long what names people is kept."""

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.sender.run())
            tasks.create_task(self._purge())

    async def _purge(self) -> None:
        while True:
            try:
                await self.purge()
            except NotRecorded as error:
                log.error("old codes and phones can't be deleted", why=str(error))
            await asyncio.sleep(PURGE_S)

    async def purge(self) -> None:
        """Delete codes that have ended, and what is older than the settings keep. Raises NotRecorded."""
        now, kept = self.now(), self.kept()
        while await self.store.write(partial(rows.purge, codes=now, phones=now - kept.sessions)) >= rows.BATCH:
            pass
        await self.notices.purge(now - kept.notices)
        await self.requests.purge(now - kept.notices)


def make_residents(
    store: Store,
    register: CurrentRegister,
    now: Callable[[], datetime],
    settings: Settings,
    act: Act,
    send: SendCode,
    refusals: RefusalLog,
    carry_out: CarryOut,
    kept: Callable[[], PersonalRetention],
) -> Residents:
    """Put the parts together; nothing runs yet."""
    notices = Notices(store, now)
    directory, limits = Directory(store, register, now), SignInLimits(refusals, settings)
    devices = Devices(store, now, directory, act, notices)
    sender = CodeSender(directory, send, now)
    sign_in = SignIn(store, now, settings, directory, devices, sender, limits)
    keys = Keys(store, now, settings, directory, devices, sign_in, limits, act)
    return Residents(
        directory=directory,
        devices=devices,
        sign_in=sign_in,
        keys=keys,
        sender=sender,
        notices=notices,
        requests=Requests(store, now, act, notices, carry_out, register.refresh),
        near=NearDoors(now, lambda: settings().near_for),
        store=store,
        now=now,
        kept=kept,
    )
