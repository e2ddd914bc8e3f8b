"""The alarm at home: how it is armed, arming and disarming, and "false, it was me"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from gateway.errors import NotRecorded, Refused, TooMany
from gateway.homes import Ask, HomeSection
from gateway.homes.arming import BY_WORDS, MODE_WORDS
from gateway.homes.codes import WrongCode
from gateway.web.api.areas import tell_false_alarm
from gateway.web.pages.resident.page import SIGN_IN, ResidentPage
from gateway.web.pages.resident.times import local_time
from gateway.web.request_context import RequestContext
from gateway.web.routes import RESIDENTS, Route

_PATH = "/r/alarm"
_CODE = re.compile(r"[0-9]{4,8}")
_MODES = ("away", "home", "night")


class AlarmPages:
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
        """Handler of GET /r/alarm."""
        done = context.request.query.get("done", "")
        return self._show(context, done=done if done in {"alarm_done", "told_false", "code_set"} else "")

    async def change(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /r/alarm."""
        room, form = self._page.room(context), await self._page.form(context)
        home, person = context.services.homes.home(room), context.resident.person
        if home is None or not context.services.homes.may_arm_now(person, room):
            return self._show(context, error="may_not_arm", status=403)
        try:
            if form.get("do") == "code":
                return await self._set_code(context, home, form)
            return await self._change(context, home, form.get("do", ""), form.get("code", "").strip())
        except WrongCode:
            return self._show(context, error="wrong_home_code", status=400)
        except TooMany:
            return self._show(context, error="too_many", status=429)
        except NotRecorded:
            return self._show(context, error="not_kept", status=503)

    async def _change(self, context: RequestContext[Any], home: HomeSection, what: str, code: str) -> web.Response:
        if code and not _CODE.fullmatch(code):
            return self._show(context, error="wrong_home_code", status=400)
        needs_code = what == "false" or (what == "disarm" and home.code_on_phone)
        if needs_code and not code:
            return self._show(context, error="give_home_code", status=400)
        if code:
            actor = context.actor
            await context.services.homes.check_code(home.place, code, actor, f"phone:{actor}")
        if what == "false":
            await tell_false_alarm(context, home)
            return self._page.redirect(context, _PATH, done="told_false")
        if what != "disarm" and what not in _MODES:
            return self._show(context, error="broken_form", status=400)
        return await self._ask(context, home, what)

    async def _set_code(self, context: RequestContext[Any], home: HomeSection, form: Mapping[str, str]) -> web.Response:
        new, duress, old = (form.get(name, "").strip() for name in ("new", "duress", "code"))
        person = context.resident.person
        try:
            await context.services.homes.set_codes(home.place, person, context.actor, new, duress or None, old or None)
        except (WrongCode, TooMany):
            raise
        except Refused:
            return self._show(context, error="no_home_code", status=400)
        return self._page.redirect(context, _PATH, done="code_set")

    async def _ask(self, context: RequestContext[Any], home: HomeSection, what: str) -> web.Response:
        person, is_arm = context.resident.person, what in _MODES
        mode = what if is_arm else "away"
        ask = Ask("arm" if is_arm else "disarm", home.place, "phone", context.actor, person, mode)
        answer = await context.services.homes.ask(ask)
        if not answer.accepted:
            return self._show(context, refused=answer.why[self._page.language(context)], status=409)
        return self._page.redirect(context, _PATH, done="alarm_done")

    def _show(self, context: RequestContext[Any], *, status: int = 200, refused: str = "", **said: str) -> web.Response:
        room, homes, language = self._page.room(context), context.services.homes, self._page.language(context)
        home, area = homes.home(room), homes.area(room)
        zone = context.services.compound.timezone
        names = {each.id: each.name for each in home.zones} if home is not None else {}
        by, mode = BY_WORDS.get(area.by), MODE_WORDS.get(area.mode or "")
        return self._page.render(
            context,
            "alarm.html",
            status=status,
            room=room,
            has_alarm=home is not None,
            phase=area.phase,
            mode=mode[language] if mode else "",
            by=by[language] if by else "",
            since=local_time(area.since, zone) if area.since else "",
            open_zones=[names.get(each, each) for each in sorted(area.open)],
            memory=[{"name": names.get(one.zone, one.zone), "at": local_time(one.at, zone)} for one in area.memory],
            mirrored=home is not None and home.mirrored,
            may=homes.may_arm_now(context.resident.person, room),
            code_needed=home is not None and home.code_on_phone,
            modes=_MODES,
            refused=refused,
            **said,
        )
