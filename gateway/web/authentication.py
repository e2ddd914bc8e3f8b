"""Finds out who sent a request: by `Authorization: Bearer` for programs, by the session cookie for browsers."""

from __future__ import annotations

from aiohttp import hdrs, web

from gateway.auth.identity import Identity
from gateway.auth.users import TOKEN_PREFIX
from gateway.web.api_errors import not_allowed, not_signed_in
from gateway.web.routes import DEVICE, PUBLIC, Route
from gateway.web.services import Services

COOKIE = "anju_session"


async def authorize(route: Route, services: Services, request: web.Request) -> Identity | None:
    """The identity of the client, when the route allows it. Raises ApiError (401 or 403).

    None for a public route, and for a device route, whose handler checks the device's own secret.
    """
    if route.allowed is PUBLIC or route.allowed is DEVICE:
        return None
    identity = await authenticate(services, request)
    if identity is None:
        raise not_signed_in()
    if route.allowed is None or identity.role not in route.allowed:
        raise not_allowed()
    return identity


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
