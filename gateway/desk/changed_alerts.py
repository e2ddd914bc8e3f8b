"""Alerts that changed and that nobody was told of yet. The desk fills it, the pipeline's `tell` stage empties it."""

from __future__ import annotations

import asyncio

from gateway.model import Alert


class ChangedAlerts:
    """One entry an alert: a later change takes the place of an earlier one that was not told yet."""

    def __init__(self) -> None:
        self._alerts: dict[str, Alert] = {}
        self._any = asyncio.Event()

    def add(self, alert: Alert) -> None:
        """Note a change, in the order in which alerts changed last."""
        self._alerts.pop(alert.id, None)
        self._alerts[alert.id] = alert
        self._any.set()

    def take(self) -> list[Alert]:
        """All changes, oldest first; they are here no more."""
        alerts, self._alerts = list(self._alerts.values()), {}
        self._any.clear()
        return alerts

    async def wait(self) -> None:
        """Return once there is a change."""
        await self._any.wait()
