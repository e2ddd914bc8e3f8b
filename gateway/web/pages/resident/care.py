"""Care for people who live alone: what is known of the home, away and back, "I am fine", agreeing and ending."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from gateway.care.rows import CarePlan
from gateway.care.rule import SOURCE_WORDS
from gateway.care.state import Watched
from gateway.errors import NotFound, NotRecorded, Refused
from gateway.web.pages.resident.page import SIGN_IN, ResidentPage
from gateway.web.pages.resident.times import local_time
from gateway.web.request_context import RequestContext
from gateway.web.routes import RESIDENTS, Route

_PATH = "/r/care"
_DONE = {"care_begun", "care_ended", "care_noted"}
_PART_H = 3
_SHORTEST_H = 0.1
"""Shorter silences say nothing to anybody."""


class CarePages:
    """The page and its forms."""

    def __init__(self, page: ResidentPage) -> None:
        self._page = page

    def routes(self) -> tuple[Route, ...]:
        """The routes."""
        return (
            Route("GET", _PATH, self.show, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
            Route("POST", _PATH, self.change, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
        )

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /r/care."""
        done = context.request.query.get("done", "")
        return await self._show(context, done=done if done in _DONE else "")

    async def change(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /r/care."""
        room, form = self._page.room(context), await self._page.form(context)
        try:
            done = await self._do(context, room, form)
        except NotFound:
            return await self._show(context, error="care_none", status=409)
        except NotRecorded:
            return await self._show(context, error="not_kept", status=503)
        except (Refused, ValueError, OverflowError):
            return await self._show(context, error="care_time", status=400)
        if not done:
            return await self._show(context, error="broken_form", status=400)
        return self._page.redirect(context, _PATH, done=done)

    async def _do(self, context: RequestContext[Any], room: str, form: Mapping[str, str]) -> str:
        """The name of the text that says what was done; empty for what can't be asked."""
        care, what, actor = context.services.care, form.get("do", ""), context.actor
        if what == "away":
            zone = ZoneInfo(context.services.compound.timezone)
            until = datetime.fromisoformat(form.get("until", "")).replace(tzinfo=zone)
            await care.away(room, until.astimezone(UTC), actor)
            return "care_noted"
        if what == "back":
            await care.back(room, actor)
            return "care_noted"
        if what == "begin":
            return await self._begin(context, room, form.get("start", ""))
        if what not in {"fine", "end"} or (await care.plan(room)).person != context.resident.person:
            return ""
        await (care.fine if what == "fine" else care.end)(room, actor)
        return "care_noted" if what == "fine" else "care_ended"

    async def _begin(self, context: RequestContext[Any], room: str, start: str) -> str:
        care = context.services.care
        found = next((each for each in care.settings.starting_points if each.id == start), None)
        if found is None:
            return ""
        await care.agree(room, context.resident.person, found.within, found.water_m3, "phone", context.actor)
        return "care_begun"

    async def _show(self, context: RequestContext[Any], *, status: int = 200, **said: str) -> web.Response:
        room, services, language = self._page.room(context), context.services, self._page.language(context)
        try:
            plan: CarePlan | None = await services.care.plan(room)
        except NotFound:
            plan = None
        now, zone = services.now(), services.compound.timezone
        return self._page.render(
            context,
            "care.html",
            status=status,
            room=room,
            plan=self._view(context, plan) if plan is not None else None,
            wording=getattr(services.care.wording, language),
            starts=[{"id": each.id, "hours": _hours(each.within)} for each in services.care.settings.starting_points],
            tomorrow=local_time(now + timedelta(days=1), zone).replace(" ", "T"),
            **said,
        )

    def _view(self, context: RequestContext[Any], plan: CarePlan) -> dict[str, Any]:
        care, zone, language = context.services.care, context.services.compound.timezone, self._page.language(context)
        watched, person = care.watched(plan.place), context.services.residents.directory.person(plan.person)
        away = watched.away_until if watched is not None else None
        signs = sorted(watched.sources.items(), key=lambda each: each[1], reverse=True) if watched else []
        return {
            "name": person.name if person is not None else "",
            "mine": plan.person == context.resident.person,
            "hours": _hours(plan.longest),
            "allowed": _hours(care.allowed(watched)) if watched else None,
            "step": watched.level if watched else 0,
            "away": local_time(away, zone) if away else "",
            "signs": [
                {"name": SOURCE_WORDS[kind][language], "at": local_time(at, zone)}
                for kind, at in signs
                if kind in SOURCE_WORDS
            ],
            "habits": _habits(watched),
        }


def _habits(watched: Watched | None) -> list[dict[str, Any]]:
    found = []
    for part, gaps in sorted((watched.gaps if watched else {}).items(), key=lambda each: int(each[0])):
        hours = sorted(gap.seconds / 3600 for gap in gaps)
        if hours[-1] < _SHORTEST_H:
            continue
        usual, longest = round(hours[len(hours) // 2], 1), round(hours[-1], 1)
        found.append({"from": int(part) * _PART_H, "days": len(hours), "usual": usual, "longest": longest})
    return found


def _hours(length: timedelta) -> str:
    return f"{length.total_seconds() / 3600:.3g}"
