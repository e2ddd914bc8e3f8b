"""Sends the waiting messages of one notifier, one at a time, and proves in quiet times that it could.

A row is marked as being sent before it is, and ended after. One that a crash leaves so is sent again under the same id:
a service that knows ids (webhook, MQTT, e-mail) delivers it once; a chat robot or an SMS gateway can't tell and may
deliver it twice, which is better than not at all.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import partial

import structlog

from gateway.backoff import ExponentialBackoff
from gateway.config.configuration import NotifierEntry
from gateway.errors import BadInput, LinkLost, LoginRefused
from gateway.model import Words
from gateway.notifier import Busy, Notification, Notifier, Receipt
from gateway.notify import rows
from gateway.notify.compose import digest_message
from gateway.notify.deliver import deliver
from gateway.notify.prober import Prober
from gateway.notify.proofs import Proofs
from gateway.notify.rate_window import MINUTE, RateWindow
from gateway.notify.rows import BATCH, Waiting
from gateway.notify.sorting import SortedOut, alike, sort_out
from gateway.store import Store

log = structlog.get_logger(__name__)
FIRST_PAUSE_S, MAX_PAUSE_S = 5.0, 600.0
IDLE_S = 60.0
_TOO_LATE = Words("超过时限仍未发出", "it could not be sent in time")
_IN_QUIET_HOURS = Words("静默时段内不发送", "left out: it came in quiet hours, and is of no use after them")
Undelivered = Callable[[str, int, Words], None]


class Sender:
    """`undelivered` is called with the notifier, how many messages, and why. `step` must not run twice at a time.

    It is the `Channel` of its prober.
    """

    def __init__(
        self,
        entry: NotifierEntry,
        notifier: Notifier,
        store: Store,
        now: Callable[[], datetime],
        zone: tzinfo,
        proofs: Proofs,
        undelivered: Undelivered,
    ) -> None:
        self.entry, self.notifier, self.zone = entry, notifier, zone
        self.wake = asyncio.Event()
        self.window = RateWindow()
        self.prober = Prober(self, now, proofs)
        self._store, self._now, self._proofs, self._undelivered = store, now, proofs, undelivered
        self._backoff = ExponentialBackoff(FIRST_PAUSE_S, MAX_PAUSE_S, jitter=(0.8, 1.2))
        self._pause_until: datetime | None = None

    def replace(self, entry: NotifierEntry, notifier: Notifier, zone: tzinfo) -> None:
        """Use other settings from the next message on. What is being sent ends with the old ones."""
        if not entry.is_same_channel(self.entry):
            self._pause_until = None
            self._backoff.reset()
            self.prober.reset()
        self.entry, self.notifier, self.zone = entry, notifier, zone

    async def start(self) -> None:
        """After a restart: count what was sent in the last minute, and take up what was cut off."""
        now = self._now()
        sent = partial(rows.sent_since, notifier=self.entry.id, since=now - MINUTE)
        self.window = RateWindow(await self._store.read(sent))
        cut_off = await self._store.write(partial(rows.release_all, notifier=self.entry.id))
        if cut_off:
            log.warning("messages are sent again that a restart cut off", notifier=self.entry.id, count=cut_off)

    async def step(self) -> float:
        """Send what is to be sent next, or prove that it could be; returns the seconds until there may be more to do.

        Raises NotRecorded.
        """
        now = self._now()
        found = await self._store.read(partial(rows.waiting, notifier=self.entry.id, limit=BATCH))
        sorted_out = sort_out(found, self.entry, self.zone, now)
        await self._end(sorted_out, now)
        if len(found) >= BATCH and len(all_alike := alike([*sorted_out.told, *sorted_out.quiet])) > 1:
            await self._fold(all_alike, now)  # nothing is unbounded: what waits for so long is told in one
            return 0.0
        told, pause = sorted_out.told, self._pause_s(now)
        due = sorted((row for row in told if row.due <= now), key=lambda row: (-row.severity, row.attempts, row.at))
        if due and not pause:
            return await self._send_next(due, now)
        if not told:
            await self.prober.prove_if_due(now)
        waits = [pause] if due else [(row.due - now).total_seconds() for row in told]
        return max(0.01, min([IDLE_S, *waits]))

    async def _end(self, sorted_out: SortedOut, now: datetime) -> None:
        """End the rows that will not be sent any more."""
        late, untold = sorted_out.late, sorted_out.untold
        if not late and not untold:
            return

        def unit(connection: sqlite3.Connection) -> None:
            for row in untold:
                rows.end_untold(connection, row.id, now, _IN_QUIET_HOURS)
            for row in late:
                rows.end_dead(connection, row.id, now, _TOO_LATE)

        await self._store.write(unit)
        if late:
            proof = self._proofs.of(self.entry.id)
            fault = proof.fault if proof else None
            why = Words(f"{_TOO_LATE.zh}：{fault.zh}", f"{_TOO_LATE.en}: {fault.en}") if fault else _TOO_LATE
            self._undelivered(self.entry.id, sum(row.told for row in late), why)

    async def _send_next(self, due: Sequence[Waiting], now: datetime) -> float:
        free = self.window.free(self.entry.common.per_minute, now)
        if not free:
            return max(0.01, self.window.seconds_to_next(now))
        # The last one of the minute tells of all that wait.
        same = alike(due)
        if free == 1 and len(same) > 1:
            await self._fold(same, now)
            return 0.0
        await self._send(due[0], now)
        return 0.0

    async def _send(self, row: Waiting, now: datetime) -> None:
        if not await self._store.write(partial(rows.claim, row_id=row.id), urgent=True):
            return
        self.window.count(now)
        notifier = self.notifier  # a reload may replace it meanwhile
        try:
            receipt = await deliver(notifier, notifier.send(self._notification(row)))
        except BadInput as error:
            await self._refused(row, Words.of(error.why))
        except LinkLost as error:
            await self._postpone(row, error)
        else:
            await self._sent(row, receipt)

    async def _sent(self, row: Waiting, receipt: Receipt) -> None:
        at = self._now()
        self._backoff.reset()
        await self._store.write(
            lambda connection: rows.end_sent(connection, row.id, at, receipt.reference), urgent=True
        )
        await self._proofs.proved(self.entry.id, at)
        log.info("notification sent", notifier=self.entry.id, id=row.id, reference=receipt.reference)
        if receipt.refused:
            words = Words(f"{len(receipt.refused)} 个收件人被拒", f"{len(receipt.refused)} recipients were refused")
            self._undelivered(self.entry.id, len(receipt.refused), words)

    async def _refused(self, row: Waiting, why: Words) -> None:
        self._proofs.failed(self.entry.id, why)
        at = self._now()
        await self._store.write(lambda connection: rows.end_dead(connection, row.id, at, why), urgent=True)
        log.error("notification refused", notifier=self.entry.id, id=row.id, why=str(why))
        self._undelivered(self.entry.id, row.told, why)

    async def _postpone(self, row: Waiting, error: LinkLost) -> None:
        why, at = Words.of(error.why), self._now()
        self._proofs.failed(self.entry.id, why)
        pause = self._pause_after(error)
        self._pause_until = at + timedelta(seconds=pause)
        await self._store.write(
            lambda connection: rows.release(connection, row.id, at + timedelta(seconds=pause), why), urgent=True
        )
        log.warning("notification not sent", notifier=self.entry.id, id=row.id, why=str(why), again_in_s=round(pause))

    def _pause_after(self, error: LinkLost) -> float:
        if isinstance(error, LoginRefused):
            return LoginRefused.LEAVE_ALONE_S
        return max(error.seconds if isinstance(error, Busy) else 0.0, self._backoff.next_delay())

    def _pause_s(self, now: datetime) -> float:
        if self._pause_until is None:
            return 0.0
        left = (self._pause_until - now).total_seconds()
        return left if 0 < left <= 2 * MAX_PAUSE_S else 0.0  # longer: the clock was set back

    async def _fold(self, same: Sequence[Waiting], now: datetime) -> None:
        digest = digest_message(self.entry.id, same)
        members = [row.id for row in same]
        await self._store.write(lambda connection: rows.fold(connection, digest, members, now), urgent=True)

    def _notification(self, row: Waiting) -> Notification:
        return Notification(
            id=row.id,
            severity=row.severity,
            title=row.body.title,
            text=row.body.text,
            recipients=row.body.recipients,
            link=row.body.link,
            language=self.entry.common.language,
        )
