"""The HTTP part of docs/api.md, made of the table of routes that also checks the requests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from prometheus_client import CollectorRegistry

from gateway.model import Role
from gateway.web import server
from gateway.web.openapi import describe
from gateway.web.pages.docs import model_of, type_of

Operation = tuple[str, str, Mapping[str, Any]]
GROUPS = {
    "session": "Signing in",
    "compound": "The compound",
    "incidents": "Incidents",
    "alerts": "Alerts",
    "guards": "Guards",
    "signals": "Signals",
    "devices": "Devices and commands",
    "cameras": "Cameras",
    "snapshots": "Pictures",
    "clips": "Recordings",
    "calls": "Intercom calls",
    "live": "Live changes",
    "quarantine": "Quarantine",
    "push": "Devices that POST",
    "patrols": "Patrols",
    "duty": "Duty log",
    "system": "For monitoring",
}
WHO = "`who`: roles, or `signed in` for all four, `public` for anybody, `device` for a device with its own secret."


def document() -> Mapping[str, Any]:
    """What the gateway serves at /api/v1/openapi.json, without starting one."""
    tables: list[Sequence[Any]] = []
    compound = SimpleNamespace(version="", public_url="http://127.0.0.1:8080")
    services: Any = SimpleNamespace(
        registry=CollectorRegistry(), max_connections=100, store=None, now=None, compound=compound, refusals=None
    )
    with patch.object(server, "install", lambda _app, table, *_: tables.append(table)):
        server.build(services)
    return describe(tables[0], "")


def section() -> str:
    """Each address: who may use it, what it takes and what it gives; then the fields of every body."""
    described = document()
    lines = [
        "`who`: roles, or `signed in` for all four, `public` for anybody, `device` for a device with its own secret."
    ]
    for name, operations in _grouped(described["paths"]).items():
        lines.append(f"\n#### {GROUPS.get(name, name.capitalize())}\n")
        lines.append("| request | who | takes | gives | does |\n|---|---|---|---|---|")
        lines += [_row(*operation) for operation in operations]
    lines.append("\n#### Bodies\n")
    for name, schema in sorted(described["components"]["schemas"].items()):
        lines += _body(name, schema)
    return "\n".join(lines).strip() + "\n"


def _grouped(paths: Mapping[str, Mapping[str, Any]]) -> Mapping[str, list[Operation]]:
    found: dict[str, list[Operation]] = {name: [] for name in GROUPS}
    for path, methods in paths.items():
        group = path.removeprefix("/api/v1/").partition("/")[0] if path.startswith("/api/v1/") else "system"
        for method, operation in methods.items():
            found.setdefault(group.partition(".")[0], []).append((path, method.upper(), operation))
    return {name: operations for name, operations in found.items() if operations}


def _row(path: str, method: str, operation: Mapping[str, Any]) -> str:
    cells = (
        f"`{method} {path}`",
        _who(operation["x-roles"]),
        _takes(operation),
        _gives(operation),
        operation["summary"],
    )
    return f"| {' | '.join(cells)} |"


def _who(roles: Sequence[str]) -> str:
    return "signed in" if set(roles) == set(Role) else ", ".join(roles)


def _gives(operation: Mapping[str, Any]) -> str:
    status, response = next(iter(operation["responses"].items()))
    if status == "101":
        return "WebSocket"
    return _links(_cell(model_of(response["content"]))) if "content" in response else ""


def _takes(operation: Mapping[str, Any]) -> str:
    if "requestBody" in operation:
        return _links(_cell(model_of(operation["requestBody"]["content"])))
    queries = [each["name"] for each in operation["parameters"] if each["in"] == "query"]
    return " ".join(f"`?{name}=`" for name in queries)


def _body(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"**{name}**\n"
    description = " ".join(schema.get("description", "").split())
    if description:
        yield f"{description}\n"
    if "enum" in schema:
        yield f"{_cell(type_of(schema))}\n"
    if schema.get("properties"):
        yield "| field | type | meaning |\n|---|---|---|"
        for field, kind in schema["properties"].items():
            meaning = " ".join(kind.get("description", "").split())
            yield f"| `{field}` | {_cell(type_of(kind))} | {_cell(meaning)} |"
        yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def _links(text: str) -> str:
    """Names of bodies in bold, as their paragraphs below are."""
    return re.sub(r"\b([A-Z]\w+)\b", r"**\1**", text)
