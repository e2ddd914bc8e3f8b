"""By when people owe the next step: the fold with limits, without a clock or database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.config.desk import DeskSettings
from gateway.desk.incidents import IncidentFold
from gateway.desk.limits import Limits, moved
from gateway.model import Alert, AlertState, Incident, Severity, Words

NOW = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
HIGH, CRITICAL, MEDIUM, LOW = Severity.HIGH, Severity.CRITICAL, Severity.MEDIUM, Severity.LOW
ACKNOWLEDGED, ON_SCENE, ON_HOLD = AlertState.ACKNOWLEDGED, AlertState.ON_SCENE, AlertState.ON_HOLD
CHAIN = [
    {"after": "0s", "to": "desk_louder"},
    {"after": "1m", "to": "every_desk"},
    {"after": "2m", "to": {"notifier": "phone", "recipients": ["13800000000"], "name": "主管"}},
]


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def alert(name: str, seconds: float = 0, severity: Severity = HIGH, **more: Any) -> Alert:
    return Alert(
        **{
            "id": f"a-{name}",
            "rule": "r",
            "key": name,
            "severity": severity,
            "state": AlertState.NEW,
            "place": "p",
            "device": None,
            "reason": Words(name, name),
            "raised_at": at(seconds),
            "last_at": at(seconds),
            **more,
        }
    )


def make(zone: str = "Asia/Shanghai", **settings: Any) -> IncidentFold:
    limits = Limits(DeskSettings.model_validate({"escalation": CHAIN, **settings}), ZoneInfo(zone))
    return IncidentFold(limits=limits)


def step(fold: IncidentFold, one: Alert, state: AlertState, seconds: float) -> Incident:
    incident = fold.changed(replace(one, state=state), at(seconds))
    assert incident is not None
    return incident


@pytest.mark.parametrize(
    ("kind", "severity", "seconds"),
    [
        ("fire.alarm", LOW, 30),
        ("panic.pressed", CRITICAL, 30),
        ("duress.entered", HIGH, 30),
        ("gas.alarm", CRITICAL, 90),
        ("zone.alarm", HIGH, 90),
        ("", LOW, 90),
    ],
)
def test_the_limits_of_en_50518(kind, severity, seconds):
    _, incident = make().raised(alert("one", severity=severity), (), kind)
    assert incident.limit_at == incident.escalate_at == at(seconds)


def test_an_exception_holds_by_kind_rule_place_severity_and_hour():
    exceptions = [
        {"kinds": ["zone.alarm"], "hours": "22:00-06:00", "acknowledge": "20s"},
        {"rules": ["lift"], "acknowledge": "5m"},
        {"places": ["wall"], "severities": ["medium"], "acknowledge": "40s"},
    ]
    at_night = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)  # midnight in Shanghai
    cases = [
        (alert("night", raised_at=at_night, last_at=at_night), "zone.alarm", 20),
        (alert("day"), "zone.alarm", 90),  # 06:00 in Shanghai: the hours have just ended
        (alert("lift", rule="lift"), "x.lift", 300),
        (alert("wall", place="wall/n1", severity=MEDIUM), "", 40),
        (alert("walls", place="walls", severity=MEDIUM), "", 90),
        (alert("wall-high", place="wall/n1"), "", 90),
    ]
    for one, kind, seconds in cases:
        fold = make(limits={"exceptions": exceptions})
        _, incident = fold.raised(one, (), kind)
        assert incident.limit_at == one.raised_at + timedelta(seconds=seconds), one.id


def test_hours_follow_daylight_saving_time():
    fold = make("Europe/Berlin", limits={"exceptions": [{"hours": "02:30-03:30", "acknowledge": "10s"}]})
    winter = datetime(2026, 10, 25, 1, 45, tzinfo=UTC)  # 02:45 for the second time
    summer = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)  # 02:45 for the first time
    skipped = datetime(2026, 3, 29, 1, 15, tzinfo=UTC)  # 03:15: the hour from 2 to 3 does not exist
    for number, time in enumerate((winter, summer, skipped)):
        _, incident = fold.raised(alert(str(number), place=f"q{number}", raised_at=time, last_at=time), ())
        assert incident.limit_at == time + timedelta(seconds=10)


def test_the_same_alert_again_gives_no_more_time_and_a_severer_one_less():
    fold = make(limits={"critical": {"acknowledge": "20s"}})
    one, first = fold.raised(alert("one", severity=MEDIUM), ())
    assert first.limit_at == at(90)
    assert fold.changed(replace(one, count=2, last_at=at(60)), at(60)).limit_at == at(90)
    assert fold.changed(replace(one, severity=CRITICAL, last_at=at(65)), at(65)).limit_at == at(85)


def test_a_fire_that_joins_shortens_the_limit_and_its_acknowledgement_gives_the_rest_its_own_time():
    fold = make()
    fold.raised(alert("door"), (), "zone.alarm")
    fire, incident = fold.raised(alert("fire", 20), (), "fire.alarm")
    assert incident.limit_at == at(50)
    assert step(fold, fire, ACKNOWLEDGED, 30).limit_at == at(90)


def test_an_alert_that_joins_after_the_acknowledgement_rings_with_a_limit_of_its_own():
    fold = make()
    one, _ = fold.raised(alert("one"), ())
    incident = step(fold, one, ACKNOWLEDGED, 40)
    assert (incident.acknowledged_at, incident.limit_at) == (at(40), at(40 + 600))
    _, incident = fold.raised(alert("two", 100), ())
    assert (incident.state, incident.acknowledged_at, incident.limit_at) == (AlertState.NEW, None, at(190))


def test_arrival_is_owed_from_the_acknowledgement_until_somebody_is_there():
    fold = make()
    one, _ = fold.raised(alert("one"), ())
    incident = step(fold, one, ACKNOWLEDGED, 40)
    assert incident.limit_at == incident.escalate_at == at(640)
    incident = step(fold, one, ON_SCENE, 200)
    assert (incident.arrived_at, incident.limit_at, incident.escalate_at) == (at(200), None, None)
    _, incident = fold.raised(alert("two", 250), ())
    assert incident.limit_at == at(340)
    assert step(fold, alert("two", 250, incident=incident.id), ACKNOWLEDGED, 260).limit_at is None


def test_nobody_has_to_go_to_what_is_of_low_severity():
    fold = make()
    one, _ = fold.raised(alert("one", severity=LOW), ())
    assert step(fold, one, ACKNOWLEDGED, 10).limit_at is None


def test_the_chain_step_by_step():
    fold = make()
    one, incident = fold.raised(alert("one"), ())
    limits, seen = fold.limits, []
    while incident.escalate_at is not None:
        due = incident.escalate_at
        incident, taken = limits.escalated(incident, [one])
        seen.append((due, taken.words.en, limits.escalation(incident, [one])))
    assert [(due, words) for due, words, _ in seen] == [
        (at(90), "this desk becomes louder"),
        (at(150), "every desk rings"),
        (at(210), "notify 主管"),
    ]
    assert [state.every_desk for _, _, state in seen] == [False, True, True]
    assert [state.next and state.next.zh for _, _, state in seen] == ["所有值班台响铃", "通知主管", None]


def test_the_chain_ends_with_the_acknowledgement_and_begins_again_for_the_arrival():
    fold = make()
    one, incident = fold.raised(alert("one"), ())
    fold.set(fold.limits.escalated(incident, [one])[0])
    incident = step(fold, one, ACKNOWLEDGED, 100)
    assert (incident.escalation, incident.escalate_at) == (0, at(700))
    assert fold.limits.escalation(incident, [one]).louder is False


def test_the_chain_of_a_drill_stays_in_the_compound():
    fold = make()
    one, incident = fold.raised(alert("one", rule="drill"), ())
    for _ in range(2):
        incident, taken = fold.limits.escalated(incident, [one])
        assert taken.target is None
    assert incident.escalate_at is None


def test_steps_are_left_out_of_the_chain_by_severity_place_and_hour():
    chain = [
        {"after": "0s", "to": "desk_louder", "severities": ["critical"]},
        {"after": "1m", "to": "every_desk", "places": ["q"]},
        {"after": "2m", "to": {"notifier": "phone"}, "hours": "05:00-07:00"},
    ]
    fold = make(escalation=chain)
    one, incident = fold.raised(alert("one"), ())
    after, taken = fold.limits.escalated(incident, [one])
    assert (incident.escalate_at, taken.words.zh, after.escalate_at) == (at(90 + 120), "通知phone", None)


def test_an_alert_about_the_desk_itself_is_told_at_once():
    fold = make(attention={"tell": [{"notifier": "phone", "name": "主管"}]})
    one, incident = fold.raised(alert("nobody", rule="attention"), ())
    after, taken = fold.limits.escalated(incident, [one])
    assert (incident.escalate_at, taken.words.en, after.escalate_at) == (NOW, "notify 主管", None)


def test_on_hold_has_an_end_and_rings_with_a_limit_of_its_own():
    fold = make(hold={"default": "10m"})
    one, _ = fold.raised(alert("one"), ())
    step(fold, one, ACKNOWLEDGED, 10)
    incident = step(fold, one, ON_HOLD, 20)
    assert (incident.held_until, incident.limit_at) == (at(620), None)
    incident = step(fold, one, AlertState.NEW, 620)
    assert (incident.held_until, incident.acknowledged_at, incident.limit_at) == (None, None, at(710))


def test_what_is_in_hand_reminds_until_it_is_closed():
    fold = make(reminders={"every": "30m"})
    one, _ = fold.raised(alert("one"), ())
    incident = step(fold, one, ACKNOWLEDGED, 10)
    assert incident.remind_at == at(10 + 1800)
    incident = fold.set(fold.limits.reminded(incident, at(1810)))
    assert (incident.reminded_at, incident.remind_at) == (at(1810), at(3610))
    asked = replace(incident, remind_at=at(9000), remind_note="电梯")
    assert fold.limits.touched(asked, at(2000)) == asked
    assert fold.limits.touched(incident, at(2000)).remind_at == at(3800)
    assert step(fold, one, AlertState.CLOSED, 2100).remind_at is None


def test_merging_keeps_the_earlier_limit_and_splitting_gives_no_more_time():
    fold = make()
    fold.raised(alert("one"), ())
    fold.raised(alert("two", 60, place="q"), ())
    [target, _], _ = fold.merge("i-two", "i-one", at(70))
    assert target.limit_at == at(90)
    [rest, fresh], _ = fold.split("i-two", ["a-one"], at(80))
    assert (rest.limit_at, fresh.limit_at) == (at(150), at(90))


def test_times_move_along_when_the_clock_is_set_back():
    _, incident = make().raised(alert("one"), ())
    back = moved(incident, timedelta(hours=-1))
    assert back.limit_at == back.escalate_at == at(90 - 3600)
    assert back.opened_at == incident.opened_at


def test_the_same_calls_give_the_same_incidents():
    def night() -> dict[str, Incident]:
        fold = make()
        one, _ = fold.raised(alert("one"), (), "zone.alarm")
        fold.raised(alert("two", 5), (), "fire.alarm")
        step(fold, one, ACKNOWLEDGED, 20)
        fold.split("i-one", ["a-two"], at(30))
        return fold.incidents

    assert night() == night()
