"""Sends one-time codes in the background, and never says whether a number is known.

Codes do not go through the outbox: it keeps what it sends on disk, and a code is of no use after minutes. One that a
stop cuts off is asked for again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from gateway.errors import AnjuError, BadInput, LinkLost, NotFound
from gateway.residents.directory import Directory

log = structlog.get_logger(__name__)
MAX_WAITING = 200
MAX_SENDING = 10
AGAIN_AFTER_S = 10.0
SendCode = Callable[[str, str], Awaitable[None]]
"""Sends a code to a number. Raises LinkLost (again later), BadInput or NotFound (never)."""


@dataclass(frozen=True, slots=True)
class _Order:
    number: str
    code: str
    expires_at: datetime


class CodeSender:
    """`hand_over` does the same for every number; `run` asks the register, and sends."""

    def __init__(self, directory: Directory, send: SendCode, now: Callable[[], datetime]) -> None:
        self._directory, self._send, self._now = directory, send, now
        self._orders: asyncio.Queue[_Order] = asyncio.Queue(MAX_WAITING)

    def hand_over(self, number: str, code: str, expires_at: datetime) -> None:
        """Take an order. When too many wait, the newest is left out: the notifier does not keep up."""
        try:
            self._orders.put_nowait(_Order(number, code, expires_at))
        except asyncio.QueueFull:
            log.error("a code was not sent: too many wait")

    async def run(self) -> None:
        """Send until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(MAX_SENDING):
                tasks.create_task(self._work(), name=f"codes {number}")

    async def _work(self) -> None:
        while True:
            order = await self._orders.get()
            try:
                if await self._directory.with_number(order.number):
                    await self._deliver(order)
            except (AnjuError, OSError) as error:  # the next order is another one
                log.error("a code was not sent", why=str(error))

    async def _deliver(self, order: _Order) -> None:
        while self._now() < order.expires_at:
            try:
                await self._send(order.number, order.code)
            except LinkLost as error:
                log.warning("a code was not sent yet", why=str(error))
            except (BadInput, NotFound) as error:
                log.error("a code can't be sent", why=str(error))
                return
            else:
                return
            await asyncio.sleep(AGAIN_AFTER_S)
        log.error("a code could not be sent in time")
