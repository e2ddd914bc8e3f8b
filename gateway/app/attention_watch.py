"""Raises alerts about the desk itself: nobody is there, nobody reacts, a browser is mute, a screen shows old data."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gateway.app.system_alerts import SystemAlerts
from gateway.config.desk import AttentionSection
from gateway.desk import Desk
from gateway.desk.attention import NOBODY, SILENT, STALE, UNTOUCHED, missing_attention
from gateway.desk.limits.chain import ATTENTION_RULE
from gateway.desk.presence import Presence
from gateway.model import DRILL_RULE, AlertState, Severity, Words

CHECK_S = 5.0
_OVER = {
    NOBODY: Words("值班台已有人登录", "A guard has the desk open"),
    UNTOUCHED: Words("值班台已有人操作", "Somebody is at the desk"),
    SILENT: Words("值班台可以发声", "The desk can play sound"),
    STALE: Words("值班台画面已更新", "The desk shows new data"),
}


class AttentionWatch:
    """The alerts end by themselves; a person closes them."""

    def __init__(
        self, alerts: SystemAlerts, desk: Desk, presence: Presence, settings: Callable[[], AttentionSection]
    ) -> None:
        self._alerts = alerts
        self._desk = desk
        self._presence = presence
        self._settings = settings
        self._ringing_since: float | None = None

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            await self.check()
            await asyncio.sleep(CHECK_S)

    async def check(self) -> None:
        """Raise what is missing, and end what is over."""
        self._note_ringing()
        wanted = missing_attention(self._presence, self._ringing_since, self._settings())
        held = {key for key in self._alerts.held() if key.partition(":")[0] in _OVER}
        for key in wanted.keys() - held:
            await self._alerts.begin(key, Severity.HIGH, wanted[key])
        for key in held - wanted.keys():
            await self._alerts.end(key, _OVER[key.partition(":")[0]])

    def _note_ringing(self) -> None:
        """Alerts about the desk itself don't count: they would keep themselves going. Nor do drills, see `Drills`."""
        rings = any(
            alert.state is AlertState.NEW and alert.rule not in {ATTENTION_RULE, DRILL_RULE}
            for alert in self._desk.state.alerts.values()
        )
        if not rings:
            self._ringing_since = None
        elif self._ringing_since is None:
            self._ringing_since = self._presence.monotonic()
