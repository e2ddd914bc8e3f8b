"""Drills by the API: who may start one, what is refused, and the times that are scored."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.config.desk import Procedure
from gateway.config.desk.contacts import NATIONAL
from gateway.desk import DecisionOnEvent
from gateway.desk.procedures import ProcedureList
from gateway.flow.drills import Drills
from gateway.model import Action
from gateway.rule import Compound

PATH = "/api/v1/drills"


def _drills(anju):
    return [action for action in anju.acted if action.kind == "drill.started"]


FIRE = Procedure.model_validate(
    {
        "id": "door",
        "name": {"zh": "火警", "en": "Fire"},
        "kinds": ["fire.alarm"],
        "steps": [
            {
                "id": "open",
                "text": {"zh": "开门", "en": "Open"},
                "command": {"device": "east-door", "action": "unlock", "confirm": True},
            }
        ],
    }
)


async def _begin(anju, kind="fire.alarm", place="b3/u1/1502", number=7):
    action = Action(
        kind="drill.started", user="supervisor", time=anju.now, place=place, data={"kind": kind}, number=number
    )
    [decision] = Drills(Compound("x", {}, {})).on(None, action)
    await anju.desk.decide([DecisionOnEvent("drill", decision, action)])
    [incident] = anju.desk.incidents.open_incidents()
    return incident


async def test_a_drill_has_the_procedure_of_a_real_one_and_its_commands_move_nothing(anju, open_client):
    anju.desk.procedures.list = ProcedureList((FIRE,), NATIONAL, ZoneInfo("Asia/Shanghai"))
    client, path = await open_client("guard"), f"/api/v1/incidents/{(await _begin(anju)).id}/procedure"
    async with client.get(path) as answer:
        [step] = (await answer.json())["procedure"]["steps"]
    assert [each["possible"] for each in step["command"]["devices"]] == [False]
    async with client.post(f"{path}/steps/open", json={}) as answer:
        assert answer.status == 200
        [step] = (await answer.json())["procedure"]["steps"]
    assert step["done_at"] is not None
    assert anju.ordered == []
    # The same step of a real fire is sent.
    alert = await anju.alert("k", place="b3/u1/1502", kind="fire.alarm")
    real = f"/api/v1/incidents/{alert.incident}/procedure/steps/open"
    async with client.post(real, json={"confirmed": True}) as answer:
        assert answer.status == 200
    assert [command.device for command in anju.ordered] == ["east-door"]


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
    assert drill["kind"] == "fire.alarm"
    assert (drill["acknowledge_within_s"], drill["arrive_within_s"]) == (None, None)  # this world has no limits
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
