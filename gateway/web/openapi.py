"""The API's description, made of the very table and models that check its requests (OpenAPI 3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.web.live_messages import (
    AlertMessage,
    BeatMessage,
    DeviceMessage,
    DroppedMessage,
    SignalMessage,
    SnapshotMessage,
)
from gateway.web.responses import ErrorView
from gateway.web.routes import DEVICE, PUBLIC, Route

_REF = "#/components/schemas/{model}"
_MESSAGES = (SnapshotMessage, AlertMessage, DeviceMessage, SignalMessage, DroppedMessage, BeatMessage)
_JSON = "application/json"


_WHY = {
    400: "the request is wrong",
    401: "nobody is signed in",
    403: "not for this role, or asked by another site's page",
    404: "there is no such thing",
    409: "the state does not allow it",
    429: "too often; Retry-After says for how many seconds",
    503: "the record can't be written",
}


def describe(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """The document, of every route that is no page."""
    shown = [route for route in routes if not route.page]
    paths: dict[str, dict[str, Any]] = {}
    for route in shown:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Anju",
            "version": version,
            "description": "The gateway of a residential compound. Times are UTC; lists are newest first and paged by"
            " after; errors say {error: {code, message}} in the language of Accept-Language.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": _schemas(shown), "securitySchemes": _SECURITY},
    }


_SECURITY = {
    "session": {"type": "apiKey", "in": "cookie", "name": "anju_session"},
    "token": {"type": "http", "scheme": "bearer", "description": "from `anju users token NAME`"},
    "device_token": {"type": "http", "scheme": "bearer", "description": "`token` of the device in devices.yaml"},
    "device_password": {"type": "http", "scheme": "basic", "description": "`user` and `password` of the device there"},
}


def _schemas(routes: Iterable[Route]) -> Mapping[str, Any]:
    given: list[type[BaseModel]] = [ErrorView, *_MESSAGES]
    given += [route.gives for route in routes if route.gives]
    taken = [route.takes for route in routes if route.takes and route.changes]
    wanted: list[tuple[type[BaseModel], Any]] = [(model, "serialization") for model in dict.fromkeys(given)]
    wanted += [(model, "validation") for model in dict.fromkeys(taken)]
    _, definitions = models_json_schema(wanted, ref_template=_REF)
    schemas: Mapping[str, Any] = definitions["$defs"]
    return schemas


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _name(route),
        "summary": route.does,
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": _responses(route),
        "security": _security(route),
        "x-roles": sorted(role.value for role in route.who) if isinstance(route.who, frozenset) else [_beside(route)],
    }
    if route.changes and route.takes:
        operation["requestBody"] = {"content": {_JSON: {"schema": _ref(route.takes)}}, "required": True}
    return operation


def _security(route: Route) -> list[dict[str, Any]]:
    if route.who is DEVICE:
        return [{"device_token": []}, {"device_password": []}]
    return [] if route.who is PUBLIC else [{"session": []}, {"token": []}]


def _beside(route: Route) -> str:
    return "device" if route.who is DEVICE else "public"


def _name(route: Route) -> str:
    words = [word for word in re.split(r"[^a-z0-9]+", route.path.removeprefix("/api/v1")) if word]
    return "_".join([route.method.lower(), *words])


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)", route.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.takes is None or route.changes:
        return []
    schema = route.takes.model_json_schema()
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in schema["properties"].items()
    ]


def _responses(route: Route) -> dict[str, Any]:
    responses = {str(101 if route.socket else route.status): _success(route)}
    refused = {400, *route.refuses}
    if route.who is not PUBLIC:
        refused |= {401, 403}
    if "{" in route.path:
        refused.add(404)
    if route.changes:
        refused |= {403, 503} | ({409} if "{" in route.path else set())
    content = {_JSON: {"schema": _ref(ErrorView)}}
    return responses | {str(status): {"description": _WHY[status], "content": content} for status in sorted(refused)}


def _success(route: Route) -> dict[str, Any]:
    if route.socket:
        messages = [_ref(message) for message in _MESSAGES]
        return {"description": "a WebSocket of these messages", "content": {_JSON: {"schema": {"oneOf": messages}}}}
    if route.gives:
        return {"description": "done", "content": {_JSON: {"schema": _ref(route.gives)}}}
    if route.raw:
        return {"description": "done", "content": {route.raw: {}}}
    return {"description": "done"}
