"""The OpenAPI 3.1 description, generated from the route table and the models that validate requests."""

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
    IncidentMessage,
    SignalMessage,
    SilenceMessage,
    SnapshotMessage,
)
from gateway.web.responses import ErrorView
from gateway.web.routes import DEVICE, PUBLIC, Route

_REF = "#/components/schemas/{model}"
_MESSAGES = (
    SnapshotMessage,
    AlertMessage,
    IncidentMessage,
    SilenceMessage,
    DeviceMessage,
    SignalMessage,
    DroppedMessage,
    BeatMessage,
)
_JSON = "application/json"


_ERROR_DESCRIPTIONS = {
    400: "the request is invalid",
    401: "not signed in",
    403: "not allowed for this role, or sent by another site's page",
    404: "not found",
    409: "the state does not allow it",
    413: "it is too large",
    429: "too many requests; Retry-After gives the seconds to wait",
    503: "the database can't be written",
}


def describe(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """The OpenAPI document of all routes that are not pages."""
    shown = [route for route in routes if not route.page]
    paths: dict[str, dict[str, Any]] = {}
    for route in shown:
        paths.setdefault(_plain_path(route), {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Anju",
            "version": version,
            "description": "The gateway of a residential compound. Times are UTC; lists are newest first and paged by"
            " after; errors are {error: {code, message}} in the language of Accept-Language.",
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
    responses: list[type[BaseModel]] = [ErrorView, *_MESSAGES]
    responses += [route.response_model for route in routes if route.response_model]
    # Queries are described as parameters, so only bodies need a schema.
    requests = [route.request_model for route in routes if route.request_model and _has_json_body(route)]
    models: list[tuple[type[BaseModel], Any]] = [(model, "serialization") for model in dict.fromkeys(responses)]
    models += [(model, "validation") for model in dict.fromkeys(requests)]
    _, definitions = models_json_schema(models, ref_template=_REF)
    schemas: Mapping[str, Any] = definitions["$defs"]
    return schemas


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": _responses(route),
        "security": _security(route),
        "x-roles": _roles(route),
    }
    if route.request_model and _has_json_body(route):
        operation["requestBody"] = {"content": {_JSON: {"schema": _ref(route.request_model)}}, "required": True}
    if route.upload:
        operation["requestBody"] = {"content": {each: {} for each in route.upload}, "required": True}
    return operation


def _has_json_body(route: Route) -> bool:
    return route.changes_state and not route.upload


def _security(route: Route) -> list[dict[str, Any]]:
    if route.allowed is DEVICE:
        return [{"device_token": []}, {"device_password": []}]
    return [] if route.allowed is PUBLIC else [{"session": []}, {"token": []}]


def _roles(route: Route) -> list[str]:
    if isinstance(route.allowed, frozenset):
        return sorted(role.value for role in route.allowed)
    return ["device" if route.allowed is DEVICE else "public"]


def _operation_id(route: Route) -> str:
    words = [word for word in re.split(r"[^a-z0-9]+", _plain_path(route).removeprefix("/api/v1")) if word]
    return "_".join([route.method.lower(), *words])


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)", route.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.request_model is None or _has_json_body(route):
        return []
    schema = route.request_model.model_json_schema()
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in schema["properties"].items()
    ]


def _responses(route: Route) -> dict[str, Any]:
    responses = {str(101 if route.socket else route.status): _success(route)}
    errors = {400, *route.extra_errors}
    if route.allowed is not PUBLIC:
        errors |= {401, 403}
    if "{" in route.path:
        errors.add(404)
    if route.changes_state:
        # 403: also for a foreign Origin. 409: a path with an id names a thing whose state may forbid the change.
        errors |= {403, 503} | ({409} if "{" in route.path else set())
    content = {_JSON: {"schema": _ref(ErrorView)}}
    return responses | {
        str(status): {"description": _ERROR_DESCRIPTIONS[status], "content": content} for status in sorted(errors)
    }


def _success(route: Route) -> dict[str, Any]:
    if route.socket:
        messages = [_ref(message) for message in _MESSAGES]
        return {"description": "a WebSocket of these messages", "content": {_JSON: {"schema": {"oneOf": messages}}}}
    if route.response_model:
        return {"description": "done", "content": {_JSON: {"schema": _ref(route.response_model)}}}
    if route.media_type:
        return {"description": "done", "content": {route.media_type: {}}}
    return {"description": "done"}


def _plain_path(route: Route) -> str:
    """The path without the patterns of its parameters: `{place:.+}` is `{place}`."""
    return re.sub(r"{(\w+):[^}]*}", r"{\1}", route.path)
