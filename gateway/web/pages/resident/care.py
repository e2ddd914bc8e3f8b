"""Care for people who live alone (独居关怀): what it knows, "away", "I am fine", and to agree to it or end it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from gateway.care.rows import CarePlan
from gateway.care.rule import SOURCE_WORDS
from gateway.errors import NotFound, NotRecorded, Refused
from gateway.web.pages.resident.page import SIGN_IN, ResidentPage
from gateway.web.pages.resident.times import local_time
from gateway.web.request_context import RequestContext
from gateway.web.routes import RESIDENTS, Route

_PATH = "/r/care"
_DONE = {"care_agreed", "care_away_done", "care_back_done", "care_fine_done", "care_ended"}


class _Invalid(Exception):
    """What was entered can't be; the argument is the name of the text that says why."""


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
            done = await self._change(context, room, form)
        except (_Invalid, NotFound) as error:
            text = str(error) if isinstance(error, _Invalid) else "broken_form"
            return await self._show(context, error=text, status=400)
        except NotRecorded:
            return await self._show(context, error="not_kept", status=503)
        return self._page.redirect(context, _PATH, done=done)

    async def _change(self, context: RequestContext[Any], room: str, form: Mapping[str, str]) -> str:
        care, actor = context.services.care, context.actor
        match form.get("do"):
            case "agree":
                await self._agree(context, room, form.get("start", ""))
                return "care_agreed"
            case "away":
                await self._away(context, room, form.get("until", ""))
                return "care_away_done"
            case "back":
                await care.back(room, actor)
                return "care_back_done"
            case "fine":
                await care.fine(room, actor)
                return "care_fine_done"
            case "end" if (await care.plan(room)).person == context.resident.person:
                await care.end(room, actor)
                return "care_ended"
        raise _Invalid("broken_form")

    async def _agree(self, context: RequestContext[Any], room: str, chosen: str) -> None:
        care, person = context.services.care, context.resident.person
        start = next((one for one in care.settings.starting_points if one.id == chosen), None)
        if start is None:
            raise _Invalid("care_no_start")
        try:
            await care.agree(room, person, start.within, start.water_m3, "phone", context.actor)
        except Refused as error:
            raise _Invalid("care_no_start") from error

    async def _away(self, context: RequestContext[Any], room: str, until: str) -> None:
        try:  # to the end of that day, by the compound's clock
            end = datetime.combine(date.fromisoformat(until), time(), ZoneInfo(context.services.compound.timezone))
            await context.services.care.away(room, (end + timedelta(days=1)).astimezone(UTC), context.actor)
        except NotFound:
            raise
        except (ValueError, OverflowError, Refused) as error:
            raise _Invalid("care_bad_date") from error

    async def _show(self, context: RequestContext[Any], status: int = 200, **values: Any) -> web.Response:
        room, care = self._page.room(context), context.services.care
        try:
            plan: CarePlan | None = await care.plan(room)
        except NotFound:
            plan = None
        language = self._page.language(context)
        knows = self._known(context, plan) if plan is not None else {}
        starts = [
            {"id": one.id, "hours": f"{one.within.total_seconds() / 3600:g}", "water": f"{one.water_m3:g}"}
            for one in care.settings.starting_points
        ]
        wording = care.wording
        return self._page.render(
            context,
            "care.html",
            status=status,
            room=room,
            plan=plan,
            mine=plan is not None and plan.person == context.resident.person,
            starts=starts,
            wording=wording.en if language == "en" else wording.zh,
            **knows,
            **values,
        )

    def _known(self, context: RequestContext[Any], plan: CarePlan) -> Mapping[str, Any]:
        care, zone, language = context.services.care, context.services.compound.timezone, self._page.language(context)
        watched = care.watched(plan.place)
        signs = sorted(watched.sources.items(), key=lambda each: each[1], reverse=True) if watched else []
        allowed = care.allowed(watched) if watched else plan.longest
        away = watched.away_until if watched else None
        return {
            "hours": f"{plan.longest.total_seconds() / 3600:g}",
            "allowed": f"{allowed.total_seconds() / 3600:.1f}",
            "agreed_at": local_time(plan.agreed_at, zone),
            "signs": [
                {"name": SOURCE_WORDS[kind][language], "at": local_time(at, zone)}
                for kind, at in signs
                if kind in SOURCE_WORDS
            ],
            "away": local_time(away, zone) if away else "",
            "asked": bool(watched and watched.level),
        }
