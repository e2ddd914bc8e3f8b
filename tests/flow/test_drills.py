"""A drill is raised once from the supervisor's action, handled as a real alert, and never shares its card."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.flow.drills import SEVERITIES, Drills
from gateway.model import Action, Disposition, Place, Raise, Severity, Words
from gateway.rule import Compound
from tests.flow.conftest import COMPOUND

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
ROOM = Compound("x", {}, {"b3/u1/1502": Place("b3/u1/1502", Words("3号楼1502室", "Room 1502"))})


def started(kind: str, place: str = "b3/u1/1502", number: int = 7) -> Action:
    return Action(kind="drill.started", user="supervisor", time=NOW, place=place, data={"kind": kind}, number=number)


@pytest.mark.parametrize("kind", sorted(SEVERITIES))
def test_each_kind_is_raised_with_its_severity_and_says_that_it_is_a_drill(kind):
    [decision] = Drills(ROOM).on(None, started(kind))
    assert isinstance(decision, Raise)
    assert decision.severity is SEVERITIES[kind]
    assert decision.reason.zh.startswith("演练：3号楼1502室 ")
    assert decision.reason.en.startswith("Drill: ")


def test_two_drills_of_one_kind_and_place_are_two_alerts():
    rule = Drills(ROOM)
    assert (
        rule.on(None, started("fire.alarm", number=7))[0].key != rule.on(None, started("fire.alarm", number=8))[0].key
    )


def test_what_can_not_be_drilled_raises_nothing():
    assert Drills(ROOM).on(None, started("storage.failed")) == ()


async def test_a_drill_in_the_flow_is_closed_as_one_and_moves_nothing(flow_of):
    performed = []

    async def perform(command):
        performed.append(command)

    async with flow_of((Drills(COMPOUND), "drill"), perform=perform) as flow:
        await flow.intake.act(started("fire.alarm", "wall/n1"))
        await flow.until(lambda: flow.desk.open_alerts())
        [alert] = flow.desk.open_alerts()
        assert alert.drill
        assert alert.severity is Severity.CRITICAL
        [incident] = flow.desk.incidents.open_incidents()
        assert incident.drill
        await flow.desk.incidents.step(incident.id, "acknowledge", "王")
        await flow.desk.incidents.step(incident.id, "close", "王", data={"disposition": "real"})
        assert (await flow.desk.alert(alert.id)).disposition is Disposition.DRILL
        assert performed == []
