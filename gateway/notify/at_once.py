"""Sends one message past the outbox: what it says is never on disk, and is of no use when it is late.

One-time codes go this way. They use at most half of a notifier's messages a minute, so that alarms have the rest, and
wait for no quiet hours: whoever asked for a code is waiting for it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.model import Severity, Words
from gateway.notifier import Busy, Notification, Receipt
from gateway.notify.deliver import deliver
from gateway.notify.proofs import Proofs
from gateway.notify.sender import Sender

_BUSY = Words("本分钟短信已用完一半，其余留给报警", "half of this minute's messages are used, the rest is for alarms")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateMessage:
    """What is said, and to whom."""

    title: Words
    text: Words
    recipients: Sequence[str]


async def send_at_once(sender: Sender, message: PrivateMessage, now: datetime, proofs: Proofs) -> Receipt:
    """The receipt. Raises LinkLost, also Busy, and BadInput."""
    entry, notifier = sender.entry, sender.notifier
    most = entry.common.per_minute
    if sender.window.free(most, now) <= most // 2:
        raise Busy(_BUSY, sender.window.seconds_to_next(now))
    sender.window.count(now)
    notification = Notification(
        id=f"p-{secrets.token_hex(12)}",
        severity=Severity.LOW,
        title=message.title,
        text=message.text,
        recipients=tuple(message.recipients),
        language=entry.common.language,
    )
    receipt = await deliver(notifier, notifier.send(notification))
    await proofs.proved(entry.id, now)
    return receipt
