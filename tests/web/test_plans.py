"""No page of the API reads a whole table, whatever it is asked for."""

from __future__ import annotations

import itertools

import pytest

from gateway.store import database
from gateway.store.connection import connect
from gateway.web.requests import AlertQuery
from tests.support.plans import slow

STATES = (None, "open", "new", "acknowledged", "on_scene", "on_hold", "closed")


@pytest.fixture
def asked(monkeypatch):
    """Every statement that the store is asked from now on."""
    statements: list[str] = []

    def traced(path, **more):
        connection = connect(path, **more)
        connection.set_trace_callback(statements.append)
        return connection

    monkeypatch.setattr(database, "connect", traced)
    return statements


async def test_no_page_reads_a_whole_table(asked, anju, open_client):
    assert set(AlertQuery.model_fields["state"].annotation.__args__[0].__args__) == set(STATES) - {None}
    alert = await anju.alert()
    client = await open_client("supervisor")
    paths = [f"/api/v1/alerts/{alert.id}", "/api/v1/devices", "/api/v1/quarantine", "/api/v1/quarantine?after=9"]
    paths += ["/api/v1/commands/last", "/api/v1/arming", f"/api/v1/alerts/{alert.id}/snapshots"]
    paths += [f"/api/v1/alerts/{alert.id}/export.zip"]
    for state, after in itertools.product(STATES, (None, "a-9")):
        paths.append("/api/v1/alerts?" + "&".join(f"{k}={v}" for k, v in (("state", state), ("after", after)) if v))
    for device, kind, after in itertools.product((None, "east-door"), (None, "fire.alarm"), (None, "9")):
        given = (("device", device), ("kind", kind), ("after", after))
        paths.append("/api/v1/signals?" + "&".join(f"{k}={v}" for k, v in given if v))
    paths += [f"/api/v1/signals?device=east-door&source_id=7{more}" for more in ("", "&kind=fire.alarm", "&after=9")]
    asked.clear()
    for path in paths:
        answer = await client.get(path)
        assert answer.status in {200, 403}, path
    async with client.ws_connect("/api/v1/live") as socket:
        assert (await socket.receive_json())["type"] == "snapshot"
    assert len(asked) > len(paths)
    connection = connect(anju.store.path)
    try:
        assert slow(connection, asked) == []
    finally:
        connection.close()
