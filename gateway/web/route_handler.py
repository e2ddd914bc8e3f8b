"""Turns a route into an aiohttp handler: checks origin, sign-in, role and body in this order, for every route alike."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import hdrs, web
from pydantic import BaseModel, ValidationError

from gateway.errors import NotRecorded, Refused
from gateway.store.vault import VaultError
from gateway.web.api_errors import ErrorResponse, error_for_exception, error_for_status
from gateway.web.authentication import authorize
from gateway.web.body import read_body
from gateway.web.error_page import error_page, wants_page
from gateway.web.language import language_of
from gateway.web.metrics import WebMetrics
from gateway.web.origin import check_origin
from gateway.web.proxy import client_address
from gateway.web.public_url import path_prefix
from gateway.web.request_context import RequestContext
from gateway.web.routes import Route
from gateway.web.services import Services
from gateway.web.strict_json import check_url, parse_json

log = structlog.get_logger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_handler(route: Route, services: Services, metrics: WebMetrics) -> Handler:
    """The aiohttp handler of a route. It answers every error with JSON, residents' browsers with a page."""

    async def handle(request: web.Request) -> web.StreamResponse:
        started = time.monotonic()
        try:
            response = await _respond(route, services, request)
        except web.HTTPException as error:
            response = error_response(request, services, error_for_status(error.status, error.reason))
        except (Refused, NotRecorded, VaultError, ValidationError) as error:
            found = error_for_exception(error)
            away = route.sign_in and found.status == 401
            response = _to_sign_in(route, services) if away else _error(route, request, services, found)
        except web.RequestPayloadError:
            response = error_response(request, services, error_for_status(400, "The body can't be read"))
        except (ConnectionError, asyncio.CancelledError):
            raise  # the client is gone, there is nobody to answer
        except Exception:
            log.exception("request failed", route=str(route))
            response = error_response(request, services, error_for_status(500, "Internal error; it was logged"))
        seconds = time.monotonic() - started
        metrics.answered(route.method, route.path, response.status, seconds)
        log.debug("request answered", route=str(route), status=response.status, ms=round(seconds * 1000, 1))
        return response

    return handle


async def _respond(route: Route, services: Services, request: web.Request) -> web.StreamResponse:
    check_url(request)
    # A WebSocket is a GET, but browsers open one for any site's page and send the cookie with it.
    if route.changes_state or route.socket:
        check_origin(request, services.compound.public_url, allow_opaque=route.opaque_origin)
    identity, resident = await authorize(route, services, request)
    params = await _read_params(route, request)
    language = language_of(request, services.compound.language)
    context = RequestContext(request, services, identity, params, language, client_address(request), resident)
    result = await route.handler(context)
    if isinstance(result, web.StreamResponse):
        return result
    if result is None:
        return web.Response(status=204)
    if not isinstance(result, route.response_model or ()):
        raise TypeError(f"{route} returned a {type(result).__name__}, but declares {route.response_model}")
    return web.Response(text=result.model_dump_json(), status=route.status, content_type="application/json")


def _to_sign_in(route: Route, services: Services) -> web.Response:
    prefix = path_prefix(services.compound.public_url)
    return web.Response(status=303, headers={hdrs.LOCATION: f"{prefix}{route.sign_in}"})


def _error(route: Route, request: web.Request, services: Services, error: ErrorResponse) -> web.Response:
    if not route.sign_in or not wants_page(request):
        return error_response(request, services, error)
    facts = services.compound
    back = route.sign_in.rpartition("/")[0] + "/"
    language = language_of(request, facts.language)
    response = error_page(error, language, path_prefix(facts.public_url), back, facts.version)
    if request.can_read_body and not request.content.at_eof():
        response.force_close()  # the rest of the body would be read as the next request
    return response


async def _read_params(route: Route, request: web.Request) -> BaseModel | None:
    if route.request_model is None:
        return None
    if not route.changes_state or route.upload:
        return route.request_model.model_validate(_query(request))
    body = await read_body(request, route.max_body_bytes, route.body_timeout_s)
    # A form posted by another site's page can't set this content type, so it can't pass for JSON.
    if body and request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(reason="Send application/json")
    return route.request_model.model_validate(parse_json(body or b"{}"))


def _query(request: web.Request) -> dict[str, Any]:
    """The query parameters. Empty ones are left out; one given twice becomes a list, which validation rejects."""
    query = request.query
    return {name: query[name] if len(query.getall(name)) == 1 else query.getall(name) for name in query if query[name]}


def error_response(request: web.Request, services: Services, error: ErrorResponse) -> web.Response:
    """`{"error": {"code", "message"}}` in the client's language."""
    language = language_of(request, services.compound.language)
    body = {"error": {"code": error.code, "message": error.words[language]}}
    response = web.json_response(
        body, status=error.status, headers=error.headers, dumps=lambda value: json.dumps(value, ensure_ascii=False)
    )
    if request.can_read_body and not request.content.at_eof():
        response.force_close()  # the rest of the body would be read as the next request
    return response
