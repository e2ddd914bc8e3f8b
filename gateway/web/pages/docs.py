"""The API documentation as a page, rendered from the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

from gateway.web.openapi import describe
from gateway.web.pages.renderer import PageRenderer
from gateway.web.request_context import RequestContext
from gateway.web.routes import PUBLIC, Route


class DocsPages:
    """Serves the OpenAPI document and the page. `describe` must be called with the complete route table first."""

    def __init__(self, renderer: PageRenderer) -> None:
        self._renderer = renderer
        self._document: dict[str, Any] = {}

    def describe(self, routes: Iterable[Route], version: str) -> None:
        """Generate the document."""
        self._document = describe(routes, version)

    def routes(self) -> tuple[Route, ...]:
        """The routes of the document and the page."""
        return (
            Route("GET", "/api/v1/openapi.json", self.document, allowed=PUBLIC, page=True),
            Route("GET", "/api/v1/docs", self.page, allowed=PUBLIC, page=True),
        )

    async def document(self, _context: RequestContext[Any]) -> web.Response:
        """Handler of GET /api/v1/openapi.json."""
        return web.json_response(self._document, dumps=lambda value: json.dumps(value, ensure_ascii=False))

    async def page(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /api/v1/docs."""
        schemas = self._document["components"]["schemas"]
        return self._renderer.page(
            context,
            "docs.html",
            info=self._document["info"],
            groups=list(_grouped(self._document["paths"])),
            schemas=sorted((name, list(_fields(schema))) for name, schema in schemas.items()),
            roles=("guard", "supervisor", "installer", "manager"),
            type_of=type_of,
            model_of=model_of,
        )


def _grouped(paths: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[str, list[tuple[str, str, Any]]]]:
    operations = [
        (path, method.upper(), operation) for path, methods in paths.items() for method, operation in methods.items()
    ]
    for group in dict.fromkeys(_group(path) for path in paths):
        yield group, [operation for operation in operations if _group(operation[0]) == group]


def _group(path: str) -> str:
    """The heading that a path stands under: its first word after the version, without the ending of a file."""
    if not path.startswith("/api/v1/"):
        return "system"
    return path.removeprefix("/api/v1/").partition("/")[0].partition(".")[0]


def _fields(schema: Mapping[str, Any]) -> Iterable[tuple[str, str, bool, str]]:
    """Name, type, whether it is required, and description of each field."""
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        yield name, type_of(field), name in required, field.get("description", "")
    if "enum" in schema:
        yield "", type_of(schema), True, ""


def type_of(schema: Mapping[str, Any]) -> str:
    """A JSON Schema as a short type: `string`, `AlertView[]`, `integer | null`, `"zh" | "en"`."""
    match schema:
        case {"$ref": str(reference)}:
            return reference.rpartition("/")[2]
        case {"anyOf": choices} | {"oneOf": choices}:
            return " | ".join(map(type_of, choices))
        case {"enum": values}:
            return " | ".join(map(json.dumps, values))
        case {"const": value}:
            return json.dumps(value)
    return _basic_type(schema)


def _basic_type(schema: Mapping[str, Any]) -> str:
    match schema:
        case {"type": "array", **rest}:
            return f"{type_of(rest.get('items', {}))}[]"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"{{string: {type_of(values)}}}"
    return " ".join(filter(None, (schema.get("type", "any"), schema.get("format", ""))))


def model_of(content: Mapping[str, Any]) -> str:
    """The name of a body's model, or its media type when it has none."""
    media, body = next(iter(content.items()))
    return type_of(body["schema"]) if "schema" in body else media
