"""Finds out who sent a request: by `Authorization: Bearer` for programs, by the session cookie for browsers."""

from __future__ import annotations

from aiohttp import hdrs, web

from gateway.auth.identity import Identity
from gateway.auth.resident import ResidentIdentity
from gateway.auth.users import TOKEN_PREFIX
from gateway.web.api_errors import not_allowed, not_signed_in
from gateway.web.routes import DEVICE, PUBLIC, RESIDENT, Route
from gateway.web.services import Services

COOKIE = "anju_session"


RESIDENT_COOKIE = "anju_resident"
Client = tuple[Identity | None, ResidentIdentity | None]


async def authorize(route: Route, services: Services, request: web.Request) -> Client:
    """The user or the resident who sent the request, when the route allows them. Raises ApiError (401 or 403).

    Both are None for a public route, and for a device route, whose handler checks the device's own secret.
    """
    allowed = route.allowed
    if allowed is PUBLIC or allowed is DEVICE:
        return None, None
    assert isinstance(allowed, frozenset)
    identity = await authenticate(services, request)
    if identity is not None and identity.role in allowed:
        return identity, None
    # A guard's own flat: their phone may hold both cookies. The route decides which of them counts.
    resident = await authenticate_resident(services, request) if RESIDENT in allowed else None
    if resident is not None:
        return None, resident
    raise not_signed_in() if identity is None else not_allowed()


async def authenticate_resident(services: Services, request: web.Request) -> ResidentIdentity | None:
    """The resident whose remembered phone sent the request; None when it is not signed in."""
    cookie = request.cookies.get(RESIDENT_COOKIE)
    return await services.resident_sessions.find(cookie) if cookie else None


async def authenticate(services: Services, request: web.Request) -> Identity | None:
    """The identity of the client; None when it is not signed in."""
    authorization = request.headers.get(hdrs.AUTHORIZATION)
    if authorization is not None:
        # The header decides alone: a wrong token must not fall back to a cookie that happens to be valid.
        scheme, _, token = authorization.partition(" ")
        well_formed = scheme.lower() == "bearer" and token.startswith(TOKEN_PREFIX)
        return await services.accounts.find_api_token(token.strip()) if well_formed else None
    cookie = request.cookies.get(COOKIE)
    return await services.accounts.find_session(cookie) if cookie else None
