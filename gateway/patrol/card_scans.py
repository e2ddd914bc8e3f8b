"""A guard's card at the reader of a checkpoint is a scan, and a stronger one than a QR code: no photo opens it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from gateway.config.desk import DeskSettings
from gateway.config.desk.patrols import PatrolCheckpoint
from gateway.errors import NotRecorded
from gateway.model import Signal
from gateway.patrol.service import PhoneScan
from gateway.store import Store, journal

log = structlog.get_logger(__name__)
KINDS = ("credential.presented", "access.granted")
CHECK_INTERVAL_S = 2.0
LOOK_BACK = timedelta(hours=1)
"""Cards that were presented shortly before the gateway stopped count too."""
_MOST = 50


class CardScans:
    """Follows the readers of checkpoints in the journal; a signal that was seen is not looked at again."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        settings: Callable[[], tuple[DeskSettings, ZoneInfo]],
        record: Callable[[PatrolCheckpoint, str, PhoneScan], Awaitable[object]],
    ) -> None:
        self._store = store
        self._now = now
        self._settings = settings
        self._record = record
        self._seen: dict[tuple[str, str], int] = {}

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            with contextlib.suppress(NotRecorded):  # tried again; the store itself reports a disk that fails
                await self.check()
            await asyncio.sleep(CHECK_INTERVAL_S)

    async def check(self) -> None:
        """Record what was presented since the last check."""
        patrols = self._settings()[0].patrols
        users = {one.card: one.user for one in patrols.cards}
        if not users:
            return
        for checkpoint in patrols.checkpoints:
            for kind in KINDS if checkpoint.reader else ():
                await self._follow(checkpoint, kind, users)

    async def _follow(self, checkpoint: PatrolCheckpoint, kind: str, users: Mapping[str, str]) -> None:
        reader = checkpoint.reader
        assert reader is not None
        found = await self._store.read(
            lambda connection: journal.signals(connection, device=reader, kind=kind, limit=_MOST)
        )
        seen, earliest = self._seen.get((reader, kind), 0), self._now() - LOOK_BACK
        for signal in reversed(found):
            if (signal.number or 0) <= seen or signal.time < earliest:
                continue
            user = next((users[text] for text in card_texts(signal.data) if text in users), None)
            if user is not None:
                await self._record(checkpoint, user, _scan(signal, self._now()))
            self._seen[reader, kind] = signal.number or 0


def _scan(signal: Signal, now: datetime) -> PhoneScan:
    return PhoneScan(f"card:{signal.id}", signal.time, now, "card")


def card_texts(data: Mapping[str, Any]) -> Iterator[str]:
    """The ways in which desk.yaml may write the card of a signal: its number, `facility,number`, or its code in hex."""
    card = data.get("card")
    if isinstance(card, Mapping):
        number, facility = card.get("number"), card.get("facility")
        if number is not None:
            yield str(number)
            if facility is not None:
                yield f"{facility},{number}"
        if card.get("hex"):
            yield str(card["hex"])
    elif isinstance(card, str | int):
        yield str(card)
