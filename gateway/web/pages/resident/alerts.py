"""Alerts of the resident's own room, and who handled them. No other place, and nobody else's name but the guards'."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aiohttp import web

from gateway.homes.duress import is_duress
from gateway.model import Alert, Step, Words
from gateway.web.pages.resident.page import SIGN_IN, ResidentPage
from gateway.web.pages.resident.times import local_time
from gateway.web.request_context import RequestContext
from gateway.web.routes import RESIDENTS, Route

_SHOWN = 20
_STEPS = {
    "acknowledge": Words("接警", "took it"),
    "on-scene": Words("到场", "was there"),
    "hold": Words("挂起", "put it on hold"),
    "close": Words("结警", "closed it"),
}
_STATES = {
    "new": Words("等待处理", "Waiting"),
    "acknowledged": Words("处理中", "Being handled"),
    "on_scene": Words("保安已到场", "A guard is there"),
    "on_hold": Words("暂缓", "On hold"),
    "closed": Words("已处理", "Handled"),
}


class AlertPages:
    """The list."""

    def __init__(self, page: ResidentPage) -> None:
        self._page = page

    def routes(self) -> tuple[Route, ...]:
        """The routes."""
        return (Route("GET", "/r/alerts", self.show, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),)

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /r/alerts."""
        room, services = self._page.room(context), context.services
        since = services.residents.directory.since(context.resident.person, room)
        found = await services.desk.alerts_at(room, _SHOWN)
        alerts = [await self._view(context, alert) for alert in found if _may_see(alert, since)]
        return self._page.render(context, "alerts.html", room=room, alerts=alerts)

    async def _view(self, context: RequestContext[Any], alert: Alert) -> dict[str, Any]:
        language, zone = self._page.language(context), context.services.compound.timezone
        steps = await context.services.desk.steps(alert.id)
        return {
            "what": alert.reason[language],
            "at": local_time(alert.raised_at, zone),
            "state": alert.state.value,
            "state_words": _STATES[alert.state.value][language],
            "severity": alert.severity.word,
            "steps": [_step(step, language, zone) for step in steps if step.action in _STEPS],
        }


def _may_see(alert: Alert, since: datetime | None) -> bool:
    return not alert.drill and not is_duress(alert) and (since is None or alert.raised_at >= since)


def _step(step: Step, language: str, zone: str) -> dict[str, str]:
    return {"at": local_time(step.at, zone)[11:], "who": step.user, "what": _STEPS[step.action][language]}
