"""Proves in quiet times that a notifier could deliver, and sends tests that a person asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from gateway.backoff import ExponentialBackoff
from gateway.config.configuration import NotifierEntry
from gateway.errors import BadInput, LinkLost
from gateway.model import Severity, Words
from gateway.notifier import Notification, Notifier, Receipt
from gateway.notify.compose import PROBE, TEST
from gateway.notify.deliver import deliver
from gateway.notify.message import Message
from gateway.notify.proofs import Proofs
from gateway.notify.rate_window import RateWindow

log = structlog.get_logger(__name__)
PROBE_AGAIN_S, MAX_PROBE_AGAIN_S = 30.0, 300.0
"""Pauses after probes that failed: at a start, devices and networks often come up only after us."""


class Channel(Protocol):
    """What is probed; a reload replaces entry and notifier."""

    entry: NotifierEntry
    notifier: Notifier
    window: RateWindow


class Prober:
    """Every proof and every failure goes to `proofs`."""

    def __init__(self, channel: Channel, now: Callable[[], datetime], proofs: Proofs) -> None:
        self._channel, self._now, self._proofs = channel, now, proofs
        self._again_at: datetime | None = None
        self._pauses = ExponentialBackoff(PROBE_AGAIN_S, MAX_PROBE_AGAIN_S)

    def reset(self) -> None:
        """Probe at once: the settings have changed."""
        self._again_at = None
        self._pauses.reset()

    async def prove_if_due(self, now: datetime) -> None:
        """Probe, when the last proof is old and the last attempt was not just now."""
        entry, notifier = self._channel.entry, self._channel.notifier
        proof = self._proofs.of(entry.id)
        if proof is None:
            return  # removed by a reload meanwhile
        recent = proof.proved is not None and timedelta() <= now - proof.proved < entry.common.probe_every
        longest = timedelta(seconds=MAX_PROBE_AGAIN_S)  # more than that ahead: the clock was set back
        just_tried = self._again_at is not None and now < self._again_at <= now + longest
        if recent or just_tried:
            return
        self._again_at = now + timedelta(seconds=self._pauses.next_delay())
        self._channel.window.count(now)
        try:
            await deliver(notifier, notifier.probe(trial(entry, PROBE, now)))
        except (BadInput, LinkLost) as error:
            self._proofs.failed(entry.id, Words.of(error.why))
            log.warning("a notifier proves no delivery", notifier=entry.id, why=str(error))
        else:
            self._pauses.reset()
            await self._proofs.proved(entry.id, self._now())

    async def try_out(self, recipients: Sequence[str]) -> Receipt:
        """Send a test message at once. Raises LinkLost or BadInput; a success is a proof."""
        now, entry, notifier = self._now(), self._channel.entry, self._channel.notifier
        self._channel.window.count(now)
        receipt = await deliver(notifier, notifier.send(trial(entry, TEST, now, recipients)))
        await self._proofs.proved(entry.id, self._now())
        return receipt


def trial(
    entry: NotifierEntry, said: tuple[Words, Words], now: datetime, recipients: Sequence[str] = ()
) -> Notification:
    """A notification that says it is a test, under an id of its own."""
    message = Message(
        id=f"test/{now.isoformat()}", notifier=entry.id, severity=Severity.LOW, title=said[0], text=said[1]
    )
    return Notification(
        id=message.row_id(),
        severity=message.severity,
        title=message.title,
        text=message.text,
        recipients=tuple(recipients),
        language=entry.common.language,
    )
