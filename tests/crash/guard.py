"""A guard who acknowledges and closes whatever is open, through every restart of the gateway."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable

import aiohttp

from tests.support.api import Api, api, enrol
from tests.support.gateway import Gateway

CLOSE_WITHIN_S = 0.2


class Guard:
    """`closed` counts the alerts whose closing was confirmed to him."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.closed: set[str] = set()

    def enrol(self) -> None:
        enrol(self._gateway)

    async def run(self) -> None:
        """Until cancelled."""
        async with api(self._gateway) as desk:
            while not await self._tried(desk.sign_in()):
                await asyncio.sleep(CLOSE_WITHIN_S)
            while True:
                await self._tried(self._close_all(desk))
                await asyncio.sleep(CLOSE_WITHIN_S)

    async def _close_all(self, desk: Api) -> None:
        for alert in await desk.alerts():
            if alert["state"] == "new":
                await desk.post(f"alerts/{alert['id']}/acknowledge", {})
            await desk.post(f"alerts/{alert['id']}/close", {"disposition": "test"})
            self.closed.add(alert["id"])

    async def _tried(self, act: Awaitable[None]) -> bool:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            await act
            return True
        return False

    def forgotten(self, record: sqlite3.Connection) -> int:
        """Alerts he was told are closed, and which the record has otherwise."""
        stand = {alert for (alert,) in record.execute("SELECT id FROM alerts WHERE state = 'closed'")}
        return len(self.closed - stand)
