"""Which procedure applies, and what answers make of it: pure functions. Every shipped one ends on every branch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.config.desk import Procedure
from gateway.config.desk.procedures import SHIPPED, CommandStepSection
from gateway.config.shipped_procedures import shipped_procedure
from gateway.desk.procedures.choosing import AlertFacts, Applicable, applicable
from gateway.desk.procedures.entries import ANSWERED, CHOSEN, REACHED, TAKEN, Entry
from gateway.desk.procedures.progress import ProcedureProgress, current, progress_of
from gateway.desk.procedures.targets import targets
from gateway.model import Device, DeviceType, Severity
from tests.config.test_procedures import branches

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
ZONE = ZoneInfo("Asia/Shanghai")
ALL = tuple(shipped_procedure(name) for name in SHIPPED)


def facts(kind: str, severity: Severity = Severity.CRITICAL, place: str = "b3/u1/1502", after_s: float = 0, **data):
    return AlertFacts(kind, "rule", place, severity, NOW + timedelta(seconds=after_s), data)


def own(name: str, **fields) -> Procedure:
    step = {"id": "s", "text": {"zh": "做", "en": "Do"}}
    return Procedure.model_validate({"id": name, "name": name, "steps": [step], **fields})


def best(alerts, procedures=ALL) -> str | None:
    found = applicable(procedures, alerts, ZONE)
    return found[0].procedure.id if found else None


@pytest.mark.parametrize(
    ("alert", "name"),
    [
        (facts("fire.alarm"), "fire"),
        (facts("gas.alarm"), "gas"),
        (facts("panic.pressed"), "panic"),
        (facts("duress.entered"), "panic"),
        (facts("medical.alarm"), "medical"),
        (facts("zone.alarm"), "burglary"),
        (facts("door.forced"), "burglary"),
        (facts("face.watchlisted"), "watch-list"),
        (facts("plate.read", list="watch"), "watch-list"),
        (facts("plate.read", list="resident"), None),
        (facts("plate.read"), None),
        (facts("report.made", category="lift"), "lift"),
        (facts("report.made", category="noise"), None),
        (facts("x.lift.trapped"), "lift"),
        (facts("panel.mains_lost"), "power-cut"),
        (facts("object.seen", event="thrown"), "falling-object"),
        (facts("object.seen", **{"class": "ebike"}), "e-bike"),
        (facts("object.seen", **{"class": "person"}), None),
        (facts("device.silent"), None),
    ],
)
def test_each_kind_has_its_shipped_procedure(alert, name):
    assert best([alert]) == name


def test_the_most_severe_alert_decides_then_danger_to_life():
    low, high = Severity.LOW, Severity.HIGH
    assert best([facts("zone.alarm", high), facts("panel.mains_lost", low)]) == "burglary"
    assert best([facts("zone.alarm"), facts("medical.alarm"), facts("fire.alarm"), facts("gas.alarm")]) == "fire"
    assert best([facts("fire.alarm", low), facts("zone.alarm", high)]) == "burglary"


def test_a_narrower_procedure_goes_first_where_and_when_it_applies():
    night = own("night", kinds=["zone.alarm"], hours="22:00-06:00")
    wall = own("wall", kinds=["zone.alarm"], places=["wall"])
    procedures = (*ALL, night, wall)
    assert best([facts("zone.alarm")], procedures) == "night"
    assert best([facts("zone.alarm", after_s=8 * 3600)], procedures) == "burglary"
    assert best([facts("zone.alarm", place="wall/n1", after_s=8 * 3600)], procedures) == "wall"
    assert best([facts("zone.alarm", place="wallet", after_s=8 * 3600)], procedures) == "burglary"
    assert best([facts("fire.alarm"), facts("zone.alarm")], procedures) == "fire"


def test_a_rule_brings_its_procedure():
    ruled = own("ruled", rules=["fence"])
    assert best([replace(facts("", Severity.LOW), rule="fence")], (*ALL, ruled)) == "ruled"


def test_the_time_begins_with_the_first_alert_of_its_kind():
    [found] = applicable(ALL, [facts("zone.alarm", after_s=90), facts("door.forced", after_s=30)], ZONE)
    assert found.since == NOW + timedelta(seconds=30)


def done(procedure: Procedure, step: str, answer: str = "", after_s: float = 0) -> Entry:
    what = ANSWERED if next(s for s in procedure.steps if s.id == step).question else TAKEN
    return Entry(what, procedure.id, step, answer, "guard", NOW + timedelta(seconds=after_s))


def walk(procedure: Procedure, answers: dict[str, str]) -> ProcedureProgress:
    """Always do what is next, as a guard would, until nothing is."""
    entries: list[Entry] = []
    for _ in range(100):
        progress = progress_of(Applicable(procedure, NOW), entries)
        following = progress.next
        if following is None:
            return progress
        answer = answers.get(following.step.id, REACHED if following.step.kind == "call" else "")
        entries.append(done(procedure, following.step.id, answer, len(entries)))
    raise AssertionError(f"{procedure.id} does not end with {answers}")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_procedure_ends_on_every_branch_and_uses_every_step(name):
    procedure = shipped_procedure(name)
    used: set[str] = set()
    for answers in branches(procedure):
        end = walk(procedure, answers)
        assert end.blocking == []
        assert all(each.done_at for each in end.steps)
        used |= {each.step.id for each in end.steps}
    assert used == {step.id for step in procedure.steps}


def test_an_answer_opens_steps_and_their_time_begins_then():
    fire = shipped_procedure("fire")
    progress = progress_of(Applicable(fire, NOW), [])
    assert [each.step.id for each in progress.steps] == ["confirm"]
    progress = progress_of(Applicable(fire, NOW), [done(fire, "confirm", "fire", 100)])
    call = progress.find("call-119")
    assert call.opened_at == NOW + timedelta(seconds=100)
    assert call.due_at == NOW + timedelta(seconds=160)
    assert progress.next is call
    assert {"call-119", "evacuate"} <= {each.step.id for each in progress.blocking}


def test_a_corrected_answer_closes_what_the_first_one_opened():
    fire = shipped_procedure("fire")
    entries = [done(fire, "confirm", "fire", 10), done(fire, "confirm", "false", 20)]
    progress = progress_of(Applicable(fire, NOW), entries)
    assert [each.step.id for each in progress.steps] == ["confirm", "false-reset"]


def test_overdue_is_what_was_not_done_in_its_time():
    fire = shipped_procedure("fire")
    confirm = progress_of(Applicable(fire, NOW), []).find("confirm")
    assert not confirm.overdue(NOW + timedelta(minutes=3))
    assert confirm.overdue(NOW + timedelta(minutes=3, seconds=1))
    late = progress_of(Applicable(fire, NOW), [done(fire, "confirm", "false", 200)]).find("confirm")
    assert late.overdue(NOW + timedelta(days=1))
    in_time = progress_of(Applicable(fire, NOW), [done(fire, "confirm", "false", 100)]).find("confirm")
    assert not in_time.overdue(NOW + timedelta(days=1))


def test_a_call_is_done_once_somebody_is_reached_and_others_come_next_meanwhile():
    gas = shipped_procedure("gas")
    tried = [done(gas, "confirm", "leak"), done(gas, "gas-company", "busy", 5)]
    progress = progress_of(Applicable(gas, NOW), tried)
    assert progress.find("gas-company").done_at is None
    assert progress.find("gas-company") in progress.blocking
    assert progress.next.step.id != "gas-company"
    reached = progress_of(Applicable(gas, NOW), [*tried, done(gas, "gas-company", REACHED, 9)])
    assert reached.find("gas-company").done_at == NOW + timedelta(seconds=9)


def test_a_choice_holds_until_something_else_would_apply():
    burglary, fire = facts("zone.alarm"), facts("fire.alarm", after_s=60)
    choice = Entry(CHOSEN, "panic", "", "", "guard", NOW + timedelta(seconds=5), "邻居求助", (), "burglary")
    chosen = current(applicable(ALL, [burglary], ZONE), ALL, [choice])
    assert chosen.procedure.id == "panic"
    assert chosen.chosen is choice
    assert chosen.started_at == choice.at
    assert current(applicable(ALL, [burglary, fire], ZONE), ALL, [choice]).procedure.id == "fire"
    back = replace(choice, procedure="burglary", at=NOW + timedelta(seconds=9))
    again = current(applicable(ALL, [burglary], ZONE), ALL, [choice, back])
    assert (again.procedure.id, again.started_at, again.chosen) == ("burglary", NOW, None)
    without = tuple(each for each in ALL if each.id != "panic")  # taken out of the YAML meanwhile
    assert current(applicable(without, [burglary], ZONE), without, [choice]).procedure.id == "burglary"


def test_a_guard_may_choose_one_where_none_applies():
    choice = Entry(CHOSEN, "lift", "", "", "guard", NOW, "电话报修", (), "")
    assert current([], ALL, []) is None
    assert current([], ALL, [choice]).procedure.id == "lift"


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("b3/u1/1502", ["unit", "building"]),
        ("b3/u1", ["unit", "building"]),
        ("b3", ["unit", "building"]),
        ("b3/u2/101", ["building"]),
        ("b1", []),
        ("", []),
    ],
)
def test_a_type_means_the_devices_where_the_incident_is(place, found):
    made = (("unit", "b3/u1", DeviceType.DOOR), ("building", "b3", DeviceType.DOOR), ("cam", "b3", DeviceType.CAMERA))
    devices = {name: Device(name, "k", kind, name, where) for name, where, kind in made}
    command = CommandStepSection(devices=DeviceType.DOOR, action="unlock")
    assert [each.id for each in targets(command, place, devices)] == found
    named = CommandStepSection(device="cam", action="on")
    assert [each.id for each in targets(named, place, devices)] == ["cam"]
