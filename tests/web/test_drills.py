"""Drills by the API: who may start one, what is refused, and the times that are scored."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.desk import DecisionOnEvent
from gateway.flow.drills import Drills
from gateway.rule import Compound

PATH = "/api/v1/drills"


def _drills(anju):
    return [action for action in anju.acted if action.kind == "drill.started"]


async def test_a_supervisor_starts_one_and_its_times_are_scored(anju, open_client):
    client = await open_client("supervisor")
    async with client.post(PATH, json={"kind": "fire.alarm", "place": "b3/u1/1502"}) as answer:
        assert answer.status == 201
        number = (await answer.json())["number"]
    [action] = _drills(anju)
    [decision] = Drills(Compound("x", {}, {})).on(None, replace(action, number=number))
    await anju.desk.decide([DecisionOnEvent("drill", decision, action)])
    [incident] = anju.desk.incidents.open_incidents()
    for after_s, step, data in (
        (20, "acknowledge", {}),
        (80, "on-scene", {}),
        (300, "close", {"disposition": "drill"}),
    ):
        anju.now = incident.opened_at + timedelta(seconds=after_s)
        await anju.desk.incidents.step(incident.id, step, "guard", data=data)
    async with client.get(PATH) as answer:
        [drill] = (await answer.json())["items"]
    assert (drill["acknowledged_s"], drill["on_scene_s"], drill["closed_s"]) == (20, 80, 300)
    assert (drill["state"], drill["by"], drill["place"]) == ("closed", ["guard"], "b3/u1/1502")


@pytest.mark.parametrize(
    "body",
    [{"kind": "storage.failed", "place": ""}, {"kind": "fire.alarm", "place": "moon"}, {"kind": "fire.alarm"}, {}],
)
async def test_what_can_not_be_drilled_is_told(anju, open_client, body):
    client = await open_client("supervisor")
    async with client.post(PATH, json=body) as answer:
        assert answer.status == 400
    assert _drills(anju) == []


@pytest.mark.parametrize("user", ["guard", "manager", "installer"])
async def test_nobody_else_starts_one(anju, open_client, user):
    client = await open_client(user)
    async with client.post(PATH, json={"kind": "fire.alarm", "place": ""}) as answer:
        assert answer.status == 403
    assert _drills(anju) == []
