"""The pages before a resident is signed in: the number, the code, and a key on paper."""

from __future__ import annotations

import re
import time
from typing import Any

from aiohttp import web

from gateway.errors import NotRecorded, TooMany
from gateway.residents import WrongCode
from gateway.residents.devices import device_name
from gateway.web.api.residents import (
    ask_for_code,
    clear_resident_cookie,
    end_previous,
    set_resident_cookie,
    wait_until,
    with_code,
)
from gateway.web.api_errors import ApiError
from gateway.web.authentication import authenticate_resident
from gateway.web.pages.resident.page import HOME, SIGN_IN, ResidentPage
from gateway.web.request_context import RequestContext
from gateway.web.routes import PUBLIC, RESIDENTS, Route

_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
_KEY = "/r/key/{token}"


class SignInPages:
    """Signing in and out."""

    def __init__(self, page: ResidentPage) -> None:
        self._page = page

    def routes(self) -> tuple[Route, ...]:
        """The routes."""
        return (
            Route("GET", SIGN_IN, self.show, allowed=PUBLIC, page=True),
            Route("POST", SIGN_IN, self.sign_in, allowed=PUBLIC, page=True),
            Route("POST", "/r/code", self.ask, allowed=PUBLIC, page=True),
            Route("POST", "/r/sign-out", self.sign_out, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
            Route("GET", _KEY, self.show_key, allowed=PUBLIC, page=True),
            Route("POST", _KEY, self.use_key, allowed=PUBLIC, page=True),
        )

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /r/sign-in.

        Another app that opens the page (WeChat, a camera) is another site to the browser, which then leaves the cookie
        out of this one request (SameSite=Strict). So the page first loads itself once more, as our own.
        """
        if await authenticate_resident(context.services, context.request) is not None:
            return self._page.redirect(context, HOME)
        door = _door(context.request.query.get("door", ""))
        ours = context.request.headers.get("Sec-Fetch-Site", "cross-site") in {"same-origin", "same-site", "none"}
        if not ours and "again" not in context.request.query:
            again = self._page.query(context, again="1", **({"door": door} if door else {}))
            return self._page.render(context, "again.html", again=again)
        return self._page.render(context, "sign_in.html", door=door, number="")

    async def ask(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /r/code: the same page for every number."""
        started = time.monotonic()
        form = await self._page.form(context)
        number, door = form.get("phone", "")[:24], _door(form.get("door", ""))
        error = ""
        try:
            await ask_for_code(context, number, door)
        except ApiError:
            return self._page.render(context, "sign_in.html", status=400, door=door, number=number, error="no_number")
        except TooMany:
            error = "too_many"
        except NotRecorded:
            return self._page.render(context, "sign_in.html", status=503, door=door, number=number, error="not_kept")
        await wait_until(started)
        return self._code(context, number, door, error)

    async def sign_in(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /r/sign-in."""
        form = await self._page.form(context)
        number, door = form.get("phone", "")[:24], _door(form.get("door", ""))
        try:
            signed_in = await with_code(context, number, form.get("code", "")[:12])
        except ApiError:
            return self._code(context, number, door, "wrong_code", 401)
        except TooMany:
            return self._code(context, number, door, "too_many", 429)
        except NotRecorded:
            return self._code(context, number, door, "not_kept", 503)
        response = self._page.redirect(context, HOME)
        set_resident_cookie(context, response, signed_in)
        return response

    async def sign_out(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /r/sign-out."""
        identity = context.resident
        await context.services.residents.devices.revoke(identity.person, identity.device, context.actor)
        response = self._page.redirect(context, SIGN_IN)
        clear_resident_cookie(context, response)
        return response

    async def show_key(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /r/key/{token}: nothing happens yet, since apps load addresses to preview them."""
        known = await context.services.residents.keys.whose(context.path_param("token")) is not None
        return self._page.render(context, "key.html", status=200 if known else 404, known=known)

    async def use_key(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /r/key/{token}."""
        device = device_name(context.request.headers.get("User-Agent", ""))
        keys = context.services.residents.keys
        try:
            signed_in = await keys.use(context.path_param("token"), context.address, device)
        except WrongCode:
            return self._page.render(context, "key.html", status=404, known=False)
        except TooMany:
            return self._page.render(context, "key.html", status=429, known=False, error="too_many")
        await end_previous(context)
        response = self._page.redirect(context, HOME)
        set_resident_cookie(context, response, signed_in)
        return response

    def _code(
        self, context: RequestContext[Any], number: str, door: str, error: str = "", status: int = 200
    ) -> web.Response:
        valid = context.services.residents.sign_in.valid_for
        minutes = int(valid.total_seconds() // 60)
        return self._page.render(
            context, "code.html", status=status, number=number, door=door, error=error, minutes=minutes
        )


def _door(token: str) -> str:
    """The token of a door plate; empty for what can be none."""
    return token if _TOKEN.fullmatch(token) else ""
