"""Sign-in and sign-out, and what the sign-in page shows of the compound."""

from __future__ import annotations

from typing import Any

import structlog
from aiohttp import web

from gateway.auth.accounts import MAX_AGE
from gateway.auth.identity import Identity
from gateway.errors import NotRecorded
from gateway.model import Action
from gateway.web.authentication import COOKIE
from gateway.web.proxy import is_secure
from gateway.web.request_context import RequestContext
from gateway.web.requests import SignInRequest
from gateway.web.responses import CompoundView, SessionView
from gateway.web.routes import PUBLIC, SIGNED_IN, Route

log = structlog.get_logger(__name__)
_PATH = "/api/v1/session"


async def sign_in(context: RequestContext[SignInRequest]) -> web.Response:
    """Handler of POST /api/v1/session."""
    token, identity = await start_session(context, context.params.user, context.params.password)
    response = web.Response(text=_view(identity).model_dump_json(), content_type="application/json")
    set_session_cookie(context, response, token)
    return response


async def start_session(context: RequestContext[Any], user: str, password: str) -> tuple[str, Identity]:
    """Always starts a new session and ends the one the request came with; returns the token. Raises as `sign_in` does.

    Otherwise somebody who planted their own cookie would share the session that follows (session fixation).
    """
    accounts = context.services.accounts
    token, identity = await accounts.sign_in(user, password, context.address)
    await _record(context, "user.signed_in", identity.user)
    if previous := context.request.cookies.get(COOKIE):
        await accounts.sign_out(previous)
    return token, identity


def set_session_cookie(context: RequestContext[Any], response: web.Response, token: str) -> None:
    """Give the browser the session's token."""
    response.set_cookie(
        COOKIE,
        token,
        # The server ends idle sessions earlier; the cookie only has to outlast them.
        max_age=int(MAX_AGE.total_seconds()),
        httponly=True,
        samesite="Strict",
        secure=is_secure(context.request),
        path="/",
    )


async def _record(context: RequestContext[Any], kind: str, user: str) -> None:
    """Write the action into the journal. Only logs a failure: a guard must get in when the disk is full."""
    try:
        await context.services.act(Action(kind=kind, user=user, time=context.services.now()))
    except NotRecorded as error:
        log.error("sign-in or sign-out not recorded", user=user, why=str(error))


async def show_session(context: RequestContext[Any]) -> SessionView:
    """Handler of GET /api/v1/session."""
    return _view(context.identity)


async def sign_out(context: RequestContext[Any]) -> web.Response:
    """Handler of DELETE /api/v1/session."""
    response = web.Response(status=204)
    await end_session(context, response)
    return response


async def end_session(context: RequestContext[Any], response: web.Response) -> None:
    """End the session that the request came with, and take its cookie back."""
    if cookie := context.request.cookies.get(COOKIE):
        identity = await context.services.accounts.sign_out(cookie)
        if identity is not None:
            await _record(context, "user.signed_out", identity.user)
    response.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict", secure=is_secure(context.request))


async def show_compound(context: RequestContext[Any]) -> CompoundView:
    """Handler of GET /api/v1/compound."""
    compound = context.services.compound
    return CompoundView(
        name=compound.name,
        language="en" if compound.language == "en" else "zh",
        property_phone=compound.property_phone,
        public_url=compound.public_url,
        timezone=compound.timezone,
        version=compound.version,
    )


def _view(identity: Identity) -> SessionView:
    return SessionView(user=identity.user, role=identity.role, expires_at=identity.expires_at)


ROUTES = (
    Route(
        "POST",
        _PATH,
        sign_in,
        allowed=PUBLIC,
        summary="Sign in; the response sets the session cookie",
        request_model=SignInRequest,
        response_model=SessionView,
        max_body_bytes=4096,
        extra_errors=(401, 429),
    ),
    Route("GET", _PATH, show_session, allowed=SIGNED_IN, summary="Who is signed in", response_model=SessionView),
    Route(
        "DELETE",
        _PATH,
        sign_out,
        allowed=PUBLIC,
        summary="Sign out; also succeeds when nobody is signed in",
        status=204,
    ),
    Route(
        "GET",
        "/api/v1/compound",
        show_compound,
        allowed=PUBLIC,
        summary="What the sign-in page shows",
        response_model=CompoundView,
    ),
)
