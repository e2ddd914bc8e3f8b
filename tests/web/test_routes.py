"""No route without its roles; every route and role, one by one; every answer with its headers."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from gateway.model import Role
from gateway.web import route_handler
from gateway.web.metrics import WebMetrics
from gateway.web.routes import ANY_USER, PUBLIC, Route, RouteError, validate_routes
from gateway.web.server import build, install


async def nothing(_call):
    return None


@pytest.mark.parametrize("who", [None, frozenset()])
def test_a_route_without_roles_does_not_start(who):
    with pytest.raises(RouteError, match="GET /secret does not say who may use it"):
        validate_routes([Route("GET", "/secret", nothing, allowed=who, summary="…")])


def test_an_api_route_says_what_it_does():
    with pytest.raises(RouteError, match="does not say what it does"):
        validate_routes([Route("GET", "/x", nothing, allowed=PUBLIC)])


def test_the_same_route_twice_does_not_start():
    route = Route("GET", "/x", nothing, allowed=ANY_USER, summary="…")
    with pytest.raises(RouteError, match="declared twice"):
        validate_routes([route, route])


async def test_a_route_beside_the_table_does_not_start(anju):
    app = web.Application()
    app.router.add_get("/hidden", nothing)
    with pytest.raises(RouteError, match="not in the route table"):
        install(app, (), anju.services, WebMetrics(CollectorRegistry()))


ALL = {Role.GUARD, Role.SUPERVISOR, Role.INSTALLER, Role.MANAGER}
"""Those who use the guard room."""
SIGNED_IN = set(Role)
GUARDS = {Role.GUARD, Role.SUPERVISOR}
STAFF = {Role.PROPERTY, Role.MANAGER}
TECH = {Role.INSTALLER, Role.MANAGER}
PASS_STAFF = {Role.PROPERTY, Role.MANAGER, *GUARDS}
MATRIX = {
    "GET /api/v1/session": SIGNED_IN,
    "GET /api/v1/access": {*GUARDS, Role.MANAGER, Role.PROPERTY},
    "GET /api/v1/alerts": ALL,
    "GET /api/v1/alerts/{id}": ALL,
    "POST /api/v1/alerts/{id}/acknowledge": GUARDS,
    "POST /api/v1/alerts/{id}/on-scene": GUARDS,
    "POST /api/v1/alerts/{id}/hold": GUARDS,
    "POST /api/v1/alerts/{id}/close": GUARDS,
    "POST /api/v1/alerts/{id}/note": GUARDS,
    "POST /api/v1/alerts/{id}/assign": GUARDS,
    "GET /api/v1/guards": GUARDS,
    "POST /api/v1/incidents/{id}/remind": GUARDS,
    "POST /api/v1/desk/presence": GUARDS,
    "GET /api/v1/handovers": ALL - {Role.INSTALLER},
    "GET /api/v1/handovers/current": ALL - {Role.INSTALLER},
    "GET /api/v1/handovers/{id}": ALL - {Role.INSTALLER},
    "POST /api/v1/handovers": GUARDS,
    "GET /handovers/{id}/print": ALL - {Role.INSTALLER},
    "GET /api/v1/people": {Role.PROPERTY, Role.MANAGER},
    "POST /api/v1/people/import": {Role.PROPERTY, Role.MANAGER},
    "GET /api/v1/people/export.csv": {Role.PROPERTY, Role.MANAGER},
    "GET /api/v1/people/export.xlsx": {Role.PROPERTY, Role.MANAGER},
    "GET /api/v1/households": {Role.PROPERTY, Role.MANAGER},
    "GET /api/v1/households/{place}": {Role.PROPERTY, Role.MANAGER},
    "GET /api/v1/households/{place}/history": {Role.PROPERTY, Role.MANAGER},
    "POST /api/v1/households/{place}/changes": {Role.PROPERTY, Role.MANAGER},
    "GET /api/v1/household": set(),
    "GET /api/v1/resident/requests": {Role.PROPERTY, Role.MANAGER},
    "POST /api/v1/resident/requests/{id}/confirm": {Role.PROPERTY, Role.MANAGER},
    "POST /api/v1/resident/requests/{id}/refuse": {Role.PROPERTY, Role.MANAGER},
    "DELETE /api/v1/resident/session": set(),
    "POST /api/v1/resident/codes/counter": {Role.PROPERTY, Role.MANAGER, *GUARDS},
    "GET /api/v1/resident/consents": set(),
    "POST /api/v1/resident/consents": set(),
    "DELETE /api/v1/resident/consents/{kind}": set(),
    "GET /api/v1/resident/my-data.zip": set(),
    "GET /api/v1/people/{id}/consents": {Role.PROPERTY, Role.MANAGER},
    "POST /api/v1/people/{id}/consents": {Role.PROPERTY, Role.MANAGER},
    "DELETE /api/v1/people/{id}/consents/{kind}": {Role.PROPERTY, Role.MANAGER},
    "GET /api/v1/people/{id}/data.zip": {Role.PROPERTY, Role.MANAGER},
    "POST /api/v1/people/{id}/erasure": {Role.PROPERTY, Role.MANAGER},
    "GET /api/v1/erasures/{id}": {Role.PROPERTY, Role.MANAGER},
    "GET /api/v1/passes": PASS_STAFF,
    "POST /api/v1/passes": PASS_STAFF,
    "GET /api/v1/passes/kinds": PASS_STAFF,
    "DELETE /api/v1/passes/{id}": PASS_STAFF,
    "GET /api/v1/passes/{id}/qr.svg": PASS_STAFF,
    "POST /api/v1/passes/{id}/left": PASS_STAFF,
    "GET /api/v1/notifiers": {Role.SUPERVISOR, *TECH},
    "GET /api/v1/places": ALL,
    "GET /api/v1/drills": {Role.SUPERVISOR, Role.MANAGER},
    "POST /api/v1/drills": {Role.SUPERVISOR},
    "GET /api/v1/silences": ALL,
    "POST /api/v1/silences": GUARDS,
    "DELETE /api/v1/silences/{id}": GUARDS,
    "GET /api/v1/incidents": ALL,
    "GET /api/v1/incidents/{id}": ALL,
    "POST /api/v1/incidents/{id}/acknowledge": GUARDS,
    "POST /api/v1/incidents/{id}/on-scene": GUARDS,
    "POST /api/v1/incidents/{id}/hold": GUARDS,
    "POST /api/v1/incidents/{id}/close": GUARDS,
    "POST /api/v1/incidents/{id}/note": GUARDS,
    "POST /api/v1/incidents/{id}/assign": GUARDS,
    "POST /api/v1/incidents/{id}/merge": GUARDS,
    "POST /api/v1/incidents/{id}/split": GUARDS,
    "GET /api/v1/alerts.csv": {Role.SUPERVISOR, Role.MANAGER},
    "GET /api/v1/alerts.xlsx": {Role.SUPERVISOR, Role.MANAGER},
    "GET /api/v1/figures": ALL - {Role.INSTALLER},
    "GET /api/v1/figures/budget": ALL,
    "GET /api/v1/history": ALL - {Role.INSTALLER},
    "GET /api/v1/timeline": ALL - {Role.INSTALLER},
    "GET /api/v1/audit": {Role.SUPERVISOR, Role.MANAGER},
    "GET /reports/morning": {Role.SUPERVISOR, Role.MANAGER},
    "GET /reports/week": {Role.SUPERVISOR, Role.MANAGER},
    "GET /api/v1/incidents/{id}/procedure": ALL,
    "POST /api/v1/incidents/{id}/procedure": GUARDS,
    "POST /api/v1/incidents/{id}/procedure/steps/{step}": GUARDS,
    "POST /api/v1/incidents/{id}/procedure/steps/{step}/numbers": GUARDS,
    "GET /reports/incident/{id}": ALL - {Role.INSTALLER},
    "GET /api/v1/signals": ALL,
    "GET /api/v1/devices": ALL,
    "POST /api/v1/devices/{id}/commands": GUARDS,
    "GET /api/v1/cameras/{id}/snapshot.jpg": ALL,
    "GET /api/v1/snapshots/{name}.jpg": ALL,
    "GET /api/v1/quarantine": TECH,
    "GET /api/v1/plan": ALL,
    "GET /api/v1/plan/drawings/{id}/places": ALL,
    "GET /api/v1/plan/drawings/{id}/image": ALL,
    "PUT /api/v1/plan": TECH,
    "GET /api/v1/live": ALL,
    "GET /api/v1/cameras/{id}/live": ALL,
    "GET /api/v1/calls": GUARDS,
    "GET /api/v1/calls/{id}/audio": GUARDS,
    "GET /api/v1/clips/{id}.mp4": ALL - {Role.INSTALLER},
    "GET /api/v1/commands/last": ALL,
    "POST /api/v1/announcements/{id}": GUARDS,
    "GET /api/v1/arming": ALL,
    "GET /api/v1/care": STAFF,
    "GET /api/v1/care/{place}": STAFF,
    "PUT /api/v1/care/{place}": STAFF,
    "DELETE /api/v1/care/{place}": STAFF,
    "POST /api/v1/care/{place}/away": {*STAFF, *GUARDS},
    "DELETE /api/v1/care/{place}/away": {*STAFF, *GUARDS},
    "POST /api/v1/care/{place}/fine": set(),
    "GET /api/v1/areas": ALL,
    "GET /api/v1/areas/{place}": ALL,
    "POST /api/v1/areas/{place}/arm": GUARDS,
    "POST /api/v1/areas/{place}/disarm": GUARDS,
    "POST /api/v1/areas/{place}/bypass": GUARDS,
    "POST /api/v1/areas/{place}/false-alarm": set(),
    "PUT /api/v1/areas/{place}/code": set(),
    "POST /api/v1/areas/{place}/code/reset": STAFF,
    "GET /api/v1/desk": ALL,
    "POST /api/v1/cameras/{id}/snapshots": GUARDS,
    "GET /api/v1/alerts/{id}/snapshots": ALL - {Role.INSTALLER},
    "GET /api/v1/alerts/{id}/export.zip": {Role.SUPERVISOR, Role.MANAGER},
    "GET /api/v1/patrols": ALL - {Role.INSTALLER},
    "GET /api/v1/patrols/days": ALL - {Role.INSTALLER},
    "POST /api/v1/patrols/scans": GUARDS,
    "POST /api/v1/alerts/{id}/answer": GUARDS,
    "GET /api/v1/door-plates": {Role.PROPERTY, Role.MANAGER},
    "POST /api/v1/door-plates/revoke": {Role.PROPERTY, Role.MANAGER},
    "POST /api/v1/door-plates/reissue": {Role.PROPERTY, Role.MANAGER},
    "GET /door-plates": {Role.PROPERTY, Role.MANAGER},
    "POST /door-plates/print": {Role.PROPERTY, Role.MANAGER},
    "POST /door-plates/change": {Role.PROPERTY, Role.MANAGER},
    "GET /api/v1/duty": GUARDS,
    "GET /api/v1/duty/entries": ALL - {Role.INSTALLER},
    "POST /api/v1/duty/entries": GUARDS,
}
EVERYBODY = {
    "POST /api/v1/session",
    "POST /api/v1/resident/code",
    "POST /api/v1/resident/session",
    "DELETE /api/v1/session",
    "GET /api/v1/compound",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /api/v1/openapi.json",
    "GET /api/v1/docs",
    "GET /r/sign-in",
    "POST /r/sign-in",
    "POST /r/code",
    "GET /r/key/{token}",
    "POST /r/key/{token}",
    "GET /d/{token}",
    "POST /d/{token}",
    "GET /d/r/{token}",
    "GET /d/v/{token}",
    "GET /d/{token}/help",
    "POST /d/{token}/help",
    "GET /d/{token}/visit",
    "POST /d/{token}/visit",
    "GET /d/{token}/register",
    "POST /d/{token}/register",
    "GET /d/{token}/staff",
    "POST /d/{token}/staff/sign-in",
    "POST /d/{token}/staff/sign-out",
    "POST /d/{token}/staff/look",
    "POST /d/{token}/staff/hung",
    "POST /d/{token}/staff/wrong-door",
    "POST /d/{token}/staff/position",
    "GET /c/",
    "GET /c/sw.js",
    "GET /c/who",
    "POST /c/sign-in",
    "POST /c/sign-out",
    "GET /c/{token}",
    "POST /c/{token}",
    "POST /c/{token}/finding",
    "GET /v/sw.js",
    "GET /v/{token}",
    "GET /v/{token}/state",
    "GET /static/{mark}/{name}",
    "GET /{path}",
}


FOR_RESIDENTS = {
    "GET /r/",
    "GET /r/notices",
    "GET /r/passes",
    "POST /r/passes",
    "POST /r/passes/{id}",
    "GET /r/door",
    "POST /r/door",
    "GET /r/alarm",
    "POST /r/alarm",
    "GET /r/care",
    "POST /r/care",
    "POST /r/visits/{number}",
    "GET /r/household",
    "POST /r/household",
    "POST /r/requests/{number}",
    "GET /r/alerts",
    "GET /r/privacy",
    "POST /r/consents/{kind}",
    "GET /r/devices",
    "POST /r/devices/{id}",
    "GET /r/consents",
    "POST /r/sign-out",
}
"""Pages; whoever is not signed in as a resident is sent to the sign-in page."""

BY_DEVICES = {"POST /api/v1/push/{device}"}
"""Let in by the secret a device has in devices.yaml; tests/web/test_push.py has them."""


def served(app: web.Application) -> set[str]:
    return {f"{route.method} {route.resource.canonical}" for route in app.router.routes() if route.method != "HEAD"}


async def test_the_matrix_names_every_route(anju):
    fresh = build(_with_registry(anju))
    assert served(fresh) == set(MATRIX) | EVERYBODY | BY_DEVICES | FOR_RESIDENTS


def _with_registry(anju):
    from dataclasses import replace

    return replace(anju.services, registry=CollectorRegistry())


def _target(route: str) -> tuple[str, str]:
    method, path = route.split(" ")
    return method, path.replace("{id}", "nothing").replace("{step}", "nothing").replace("{name}", "0" * 64).replace(
        "{kind}", "face"
    )


@pytest.mark.parametrize("role", [None, *Role])
async def test_each_role_may_do_what_the_matrix_says_and_nothing_else(anju, open_client, role):
    client = await open_client(role.value if role else None)
    for route, allowed in MATRIX.items():
        method, path = _target(route)
        body = {"json": {}} if method == "POST" else {}
        async with client.request(method, path, **body) as answer:
            if role is None:
                assert answer.status == 401, route
                assert (await answer.json())["error"]["code"] == "not_signed_in"
            elif role in allowed:
                assert answer.status not in {401, 403}, route
            else:
                assert answer.status == 403, route
                assert (await answer.json())["error"]["code"] == "not_allowed"


@pytest.mark.parametrize("role", [None, *Role])
async def test_residents_pages_are_for_residents(anju, open_client, role):
    client = await open_client(role.value if role else None)
    for route in sorted(FOR_RESIDENTS):
        method, path = route.split(" ")
        path = path.replace("{id}", "p-1").replace("{number}", "1").replace("{kind}", "face")
        async with client.request(method, path, allow_redirects=False) as answer:
            if role is None:
                assert answer.status == 303, route
                assert answer.headers["Location"] == "/r/sign-in"
            else:
                assert answer.status == 403, route


async def test_every_answer_carries_the_headers(anju, open_client):
    client = await open_client("guard")
    for path in ("/", "/api/v1/docs", "/api/v1/alerts", "/api/nothing", "/d/nothing", "/healthz", "/metrics"):
        async with client.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] in {"no-referrer", "same-origin"}
            assert "camera=()" in answer.headers["Permissions-Policy"]
            assert answer.headers["Cache-Control"] in {"no-store", "no-cache"}
            assert answer.headers["Server"] == "anju"
            assert "Strict-Transport-Security" not in answer.headers


async def test_errors_are_in_the_callers_language(anju, open_client):
    client = await open_client()
    for accepts, message in (("zh-CN,zh;q=0.9", "请先登录"), ("en-GB", "Sign in first"), ("fr", "请先登录")):
        async with client.get("/api/v1/alerts", headers={"Accept-Language": accepts}) as answer:
            assert await answer.json() == {"error": {"code": "not_signed_in", "message": message}}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_what_no_route_answers_for_is_refused_in_the_same_words(anju, open_client, method):
    client = await open_client("guard")
    async with client.request(method, "/api/v1/alerts") as answer:
        assert answer.status == 405
        assert (await answer.json())["error"]["code"] == "method_not_allowed"
        assert "GET" in answer.headers["Allow"]
    async with client.get("/api/v1/nothing") as answer:
        assert answer.status == 404
        assert (await answer.json())["error"]["code"] == "not_found"


async def test_a_broken_handler_says_nothing_of_the_inside(anju, open_client, monkeypatch):
    client = await open_client("guard")

    async def breaks(*_args):
        raise ZeroDivisionError("the inside")

    monkeypatch.setattr(anju.desk, "page", breaks)
    async with client.get("/api/v1/alerts") as answer:
        assert answer.status == 500
        assert "inside" not in (await answer.json())["error"]["message"].replace("broke inside", "")


async def test_health_and_readiness(anju, open_client):
    client = await open_client()
    async with client.get("/healthz") as answer:
        assert (await answer.json())["status"] == "ok"
    async with client.get("/readyz") as answer:
        assert answer.status == 200
    anju.ready["mqtt"] = False
    async with client.get("/readyz") as answer:
        assert answer.status == 503
        assert (await answer.json())["parts"] == {"store": True, "mqtt": False}


async def test_metrics_are_for_this_machine_or_a_technician(anju, open_client):
    client = await open_client()
    async with client.get("/metrics") as answer:
        assert answer.status == 200
        assert "anju_http_answers_total" in await answer.text()
    tricked = {"Host": "evil.example"}
    proxied = {"X-Forwarded-For": "203.0.113.9"}
    for headers in (tricked, proxied):
        async with client.get("/metrics", headers=headers) as answer:
            assert answer.status == 401
    for user, status in (("guard", 403), ("installer", 200)):
        signed_in = await open_client(user)
        async with signed_in.get("/metrics", headers=proxied) as answer:
            assert answer.status == status


async def test_figures_name_the_route_and_never_the_address(anju, open_client):
    client = await open_client()
    async with client.get("/d/a-very-secret-token") as answer:
        assert answer.status == 404
    async with client.get("/metrics") as answer:
        text = await answer.text()
    assert 'route="/d/{token}"' in text
    assert "secret" not in text


async def test_a_slow_body_is_not_waited_for(anju, monkeypatch):
    host, port = anju.url.removeprefix("http://").split(":")
    read = route_handler.read_body
    monkeypatch.setattr(route_handler, "read_body", lambda request, limit, _seconds: read(request, limit, 0.2))
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    async with asyncio.timeout(5):
        assert b" 408 " in await reader.readline()
    writer.close()
