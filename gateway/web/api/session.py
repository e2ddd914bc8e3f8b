"""Signing in and out, and what the sign-in page shows of the compound."""

from __future__ import annotations

from typing import Any

import structlog
from aiohttp import web

from gateway.auth.accounts import AT_MOST, SignedIn
from gateway.errors import NotRecorded
from gateway.model import Action
from gateway.web.edge import COOKIE
from gateway.web.origin import is_secure
from gateway.web.request_context import RequestContext
from gateway.web.requests import SignIn
from gateway.web.responses import CompoundView, SessionView
from gateway.web.routes import EVERYONE, PUBLIC, Route

log = structlog.get_logger(__name__)
_PATH = "/api/v1/session"


async def sign_in(call: RequestContext[SignIn]) -> web.Response:
    """Always a new session: one that came with the request is ended, whoever planted it."""
    accounts = call.services.accounts
    token, who = await accounts.sign_in(call.asked.user, call.asked.password, call.address)
    await _record(call, "user.signed_in", who.user)
    if brought := call.request.cookies.get(COOKIE):
        await accounts.sign_out(brought)
    response = web.Response(text=_view(who).model_dump_json(), content_type="application/json")
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(AT_MOST.total_seconds()),
        httponly=True,
        samesite="Strict",
        secure=is_secure(call.request),
        path="/",
    )
    return response


async def _record(call: RequestContext[Any], kind: str, user: str) -> None:
    """Put it into the journal. A guard must get in when the disk is full, so a failure is only logged."""
    try:
        await call.services.act(Action(kind=kind, user=user, time=call.services.now()))
    except NotRecorded as error:
        log.error("a sign-in or sign-out is not on record", user=user, why=str(error))


async def show(call: RequestContext[Any]) -> SessionView:
    return _view(call.me)


async def sign_out(call: RequestContext[Any]) -> web.Response:
    if cookie := call.request.cookies.get(COOKIE):
        who = await call.services.accounts.sign_out(cookie)
        if who is not None:
            await _record(call, "user.signed_out", who.user)
    response = web.Response(status=204)
    response.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict", secure=is_secure(call.request))
    return response


async def compound(call: RequestContext[Any]) -> CompoundView:
    facts = call.services.facts
    return CompoundView(
        name=facts.name,
        language="en" if facts.language == "en" else "zh",
        property_phone=facts.property_phone,
        public_url=facts.public_url,
        timezone=facts.timezone,
        version=facts.version,
    )


def _view(who: SignedIn) -> SessionView:
    return SessionView(user=who.user, role=who.role, expires_at=who.expires_at)


ROUTES = (
    Route(
        "POST",
        _PATH,
        sign_in,
        who=PUBLIC,
        does="Sign in; the session is in the cookie that comes back",
        takes=SignIn,
        gives=SessionView,
        limit=4096,
        refuses=(401, 429),
    ),
    Route("GET", _PATH, show, who=EVERYONE, does="Who is signed in", gives=SessionView),
    Route("DELETE", _PATH, sign_out, who=PUBLIC, does="Sign out; no harm where nobody is signed in", status=204),
    Route("GET", "/api/v1/compound", compound, who=PUBLIC, does="What the sign-in page shows", gives=CompoundView),
)
