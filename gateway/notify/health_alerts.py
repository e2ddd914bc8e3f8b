"""Alerts in the guard room: a notifier that proves no delivery, and messages that were not delivered."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Protocol

from gateway.model import Severity, Words
from gateway.notify.proofs import Proof, Proofs

UNDELIVERED = "/undelivered"
"""Ends the key of the alert about messages that were not delivered; what comes before is the notifier."""


class Alerts(Protocol):
    """Raises and clears alerts about the gateway itself."""

    def held(self) -> frozenset[str]:
        """Keys of the alerts that are open and not restored."""
        ...

    async def begin(self, key: str, severity: Severity, words: Words) -> None:
        """Raise an alert."""
        ...

    async def end(self, key: str, words: Words) -> None:
        """Clear it."""
        ...


class HealthAlerts:
    """Collects what `check` then reports. An alert that a person closed comes again only after a new proof."""

    def __init__(self, alerts: Alerts, proofs: Proofs) -> None:
        self.news = asyncio.Event()
        self._alerts, self._proofs = alerts, proofs
        self._reported: set[str] = set()
        self._undelivered: dict[str, tuple[int, Words]] = {}

    def undelivered(self, notifier: str, count: int, why: Words) -> None:
        """So many messages of a notifier were not delivered."""
        before, _ = self._undelivered.get(notifier, (0, why))
        self._undelivered[notifier] = before + count, why
        self.news.set()

    async def check(self, now: datetime) -> None:
        """Raise and clear the alerts."""
        await self._report_undelivered()
        proofs, held = self._proofs.all(), self._alerts.held()
        missing = {name for name, proof in proofs.items() if proof.is_missing(now)}
        for name in sorted(missing - self._reported - held):
            await self._alerts.begin(name, Severity.HIGH, _unproved(name, proofs[name]))
        for key in held - missing:
            if not key.endswith(UNDELIVERED):  # what was lost stays lost: a person closes that
                await self._alerts.end(key, _ended(key, proofs.get(key)))
        self._reported = missing

    async def _report_undelivered(self) -> None:
        pending, self._undelivered = self._undelivered, {}
        for name, (count, why) in pending.items():
            zh, en = f"通知渠道 {name} 有 {count} 条消息未送达：{why.zh}", f"{count} not delivered by {name}: {why.en}"
            await self._alerts.begin(name + UNDELIVERED, Severity.HIGH, Words(zh, en))


def _unproved(name: str, proof: Proof) -> Words:
    zh = f"通知渠道 {name} 已一小时未能证明可以送达"
    en = f"the notifier {name} has not proved for an hour that it delivers"
    return Words(f"{zh}：{proof.fault.zh}", f"{en}: {proof.fault.en}") if proof.fault else Words(zh, en)


def _ended(name: str, proof: Proof | None) -> Words:
    if proof is None:
        return Words(f"通知渠道 {name} 已删除", f"the notifier {name} was removed")
    return Words(f"通知渠道 {name} 已恢复", f"the notifier {name} delivers again")
