"""Between HTTP and the handlers: origin, sign-in, role, body, in this order, the same for every route."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import hdrs, web
from pydantic import BaseModel, ValidationError

from gateway.auth.accounts import Identity
from gateway.auth.users import TOKEN_PREFIX
from gateway.errors import NotRecorded, Refused
from gateway.web.api_errors import ErrorResponse, error_for_exception, error_for_status, not_allowed, not_signed_in
from gateway.web.language import language_of
from gateway.web.metrics import WebMetrics
from gateway.web.origin import check_origin, client_address
from gateway.web.request_context import RequestContext
from gateway.web.routes import DEVICE, PUBLIC, Route
from gateway.web.services import Services
from gateway.web.strict_json import check_url, parse_json

log = structlog.get_logger(__name__)
COOKIE = "anju_session"
_SHOWN = 1024
"""Bytes of a body that is too large, for whoever keeps a trace of it."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_handler(route: Route, services: Services, meters: WebMetrics) -> Handler:
    """The aiohttp handler of a route."""

    async def handle(request: web.Request) -> web.StreamResponse:
        started = time.monotonic()
        try:
            response = await _answer(route, services, request)
        except web.HTTPException as error:
            response = error_response(request, services, error_for_status(error.status, error.reason))
        except (Refused, NotRecorded, ValidationError) as error:
            response = error_response(request, services, error_for_exception(error))
        except web.RequestPayloadError:
            response = error_response(request, services, error_for_status(400, "The body can't be read"))
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception:
            log.exception("a request broke", route=str(route))
            response = error_response(request, services, error_for_status(500, "Something broke inside; it was logged"))
        seconds = time.monotonic() - started
        meters.answered(route.method, route.path, response.status, seconds)
        log.debug("answered", route=str(route), status=response.status, ms=round(seconds * 1000, 1))
        return response

    return handle


async def _answer(route: Route, services: Services, request: web.Request) -> web.StreamResponse:
    check_url(request)
    if route.changes or route.socket:
        check_origin(request, services.facts.public_url, opaque=route.opaque_origin)
    who = await _admit(route, services, request)
    asked = await _read(route, request)
    language = language_of(request, services.facts.language)
    given = await route.handle(RequestContext(request, services, who, asked, language, client_address(request)))
    if isinstance(given, web.StreamResponse):
        return given
    if given is None:
        return web.Response(status=204)
    if not isinstance(given, route.gives or ()):
        raise TypeError(f"{route} gave a {type(given).__name__}, not the {route.gives} it declares")
    return web.Response(text=given.model_dump_json(), status=route.status, content_type="application/json")


async def _admit(route: Route, services: Services, request: web.Request) -> Identity | None:
    """Who asks, if the route lets them; a public route asks nobody, and a device's handler asks the device."""
    if route.who is PUBLIC or route.who is DEVICE:
        return None
    who = await authenticate(services, request)
    if who is None:
        raise not_signed_in()
    if route.who is None or who.role not in route.who:
        raise not_allowed()
    return who


async def authenticate(services: Services, request: web.Request) -> Identity | None:
    """By `Authorization: Bearer` when there is one, else by the cookie."""
    authorization = request.headers.get(hdrs.AUTHORIZATION)
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        known = scheme.lower() == "bearer" and token.startswith(TOKEN_PREFIX)
        return await services.accounts.find_bearer(token.strip()) if known else None
    cookie = request.cookies.get(COOKIE)
    return await services.accounts.find(cookie) if cookie else None


async def _read(route: Route, request: web.Request) -> BaseModel | None:
    if route.takes is None:
        return None
    if not route.changes:
        return route.takes.model_validate(_query(request))
    body = await read_body(request, route.limit, route.seconds)
    if body and request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(reason="Send application/json")
    return route.takes.model_validate(parse_json(body or b"{}"))


def _query(request: web.Request) -> dict[str, Any]:
    """The query; an empty value says nothing, a name given twice counts as its list and is refused."""
    query = request.query
    return {name: query[name] if len(query.getall(name)) == 1 else query.getall(name) for name in query if query[name]}


async def read_body(request: web.Request, limit: int, seconds: float) -> bytes:
    """The whole body, refused as soon as it is known to be too large or too slow."""
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity") != "identity":
        raise web.HTTPUnsupportedMediaType(reason="Send the body as it is, not packed")
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.content.iter_chunked(64 * 1024):
                body += chunk
                if len(body) > limit:
                    raise _too_large(limit, bytes(body[:_SHOWN]))
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(reason=f"The body did not come within {seconds:g} s") from error
    return bytes(body)


class BodyTooLarge(web.HTTPRequestEntityTooLarge):
    """`head`: the first bytes, if they were read."""

    def __init__(self, limit: int, head: bytes) -> None:
        super().__init__(limit, reason=f"The body is larger than {limit} bytes")
        self.head = head


def _too_large(limit: int, head: bytes = b"") -> BodyTooLarge:
    return BodyTooLarge(limit, head)


def error_response(request: web.Request, services: Services, problem: ErrorResponse) -> web.Response:
    """`{"error": {"code", "message"}}`; a body left unread ends the connection."""
    language = language_of(request, services.facts.language)
    body = {"error": {"code": problem.code, "message": problem.words[language]}}
    response = web.json_response(
        body, status=problem.status, headers=problem.headers, dumps=lambda value: json.dumps(value, ensure_ascii=False)
    )
    if request.can_read_body and not request.content.at_eof():
        response.force_close()
    return response
