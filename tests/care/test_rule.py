"""Silence, the quiet hour, louder steps, away and back; what counts as a sign; restarts change nothing."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pydantic import TypeAdapter

from gateway.care import NAME, CareRule, CareState
from gateway.care.habit import allowed, learnt
from gateway.care.rule import decent
from gateway.care.state import DayGap
from gateway.config.residents import CareSection
from gateway.model import Action, Clear, Raise
from gateway.testing.rules import COMPOUND
from tests.care.lives import DEVICES, FIRST, PLACE, ZONE, Life, Watch, agreed, heard, rule, said
from tests.homes.test_restart import HomeMachine

MORNING = FIRST + timedelta(hours=8)


def brief(decisions) -> list[str]:
    return [f"raise {one.severity.word}" if isinstance(one, Raise) else "clear" for one in decisions]


def watching(at: datetime = MORNING, hours: float = 12, **settings) -> Watch:
    watch = Watch(rule(**settings))
    watch.feed(agreed(at, hours))
    return watch


def silent(watch: Watch, until: datetime) -> list[tuple[str, str]]:
    before = len(watch.decided)
    watch.pass_until(until)
    return [
        (when.astimezone(ZONE).strftime("%d %H:%M"), brief([decision])[0]) for when, decision in watch.decided[before:]
    ]


def test_a_silence_is_a_quiet_matter_then_louder():
    watch = watching()
    watch.feed(heard("pir", "motion.started", MORNING + timedelta(minutes=30)))
    assert silent(watch, MORNING + timedelta(days=2)) == [
        ("01 20:30", "raise low"),
        ("01 22:30", "raise high"),
        ("02 00:30", "raise critical"),
    ]


def test_at_night_it_waits_for_a_decent_hour():
    watch = watching(MORNING + timedelta(hours=4))
    assert silent(watch, MORNING + timedelta(days=1, hours=5)) == [
        ("02 08:00", "raise low"),
        ("02 10:00", "raise high"),
        ("02 12:00", "raise critical"),
    ]


@pytest.mark.parametrize(
    ("hour", "minute", "becomes"), [(7, 59, "08:00"), (8, 0, "08:00"), (20, 59, "20:59"), (21, 0, "08:00")]
)
def test_the_decent_hours(hour, minute, becomes):
    at = FIRST + timedelta(hours=hour, minutes=minute)
    assert decent(at, CareSection(), ZONE).astimezone(ZONE).strftime("%H:%M") == becomes


def test_any_sign_ends_the_matter_and_says_which():
    watch = watching()
    watch.pass_until(MORNING + timedelta(hours=13))
    [cleared] = watch.feed(heard("door", "door.opened", MORNING + timedelta(hours=13)))
    assert isinstance(cleared, Clear)
    assert cleared.reason.zh == "有活动迹象：开关门"
    assert silent(watch, MORNING + timedelta(hours=24)) == []


def test_the_reason_says_how_long_what_was_last_and_what_to_do():
    watch = watching()
    watch.feed(heard("pir", "motion.started", MORNING))
    watch.feed(heard("pir", "device.offline", MORNING + timedelta(hours=1)))
    watch.pass_until(MORNING + timedelta(hours=12))
    [(_, decision)] = watch.decided
    assert decision.reason.zh == (
        "关怀：3号楼1单元101室 已 12 小时没有活动迹象，最后一次是室内活动；该户有设备无应答。请先打电话，再上门看看"
    )
    assert decision.place == PLACE


def test_little_water_is_no_sign_and_a_slow_drip_is_none():
    watch, m3 = watching(), 5.0
    for hour in range(12):
        m3 += 0.0005  # six litres in twelve hours
        watch.feed(heard("meter", "meter.read", MORNING + timedelta(hours=hour), m3=m3))
    assert silent(watch, MORNING + timedelta(hours=12)) == [("01 20:00", "raise low")]


def test_ten_litres_are_a_sign():
    watch = watching()
    for hour, reading in ((1, 5.0), (6, 5.004), (8, 5.010)):
        watch.feed(heard("meter", "meter.read", MORNING + timedelta(hours=hour), m3=reading))
    watched = watch.state.watched[PLACE]
    assert (watched.source, watched.last) == ("water", MORNING + timedelta(hours=8))


def test_another_meter_begins_anew():
    watch = watching()
    for hour, reading in ((1, 500.0), (2, 0.0), (3, 0.012)):
        watch.feed(heard("meter", "meter.read", MORNING + timedelta(hours=hour), m3=reading))
    assert watch.state.watched[PLACE].last == MORNING + timedelta(hours=3)


def test_the_persons_card_at_a_door_that_many_use_is_a_sign_and_others_are_not():
    watch = watching()
    watch.feed(heard("unit-door", "access.granted", MORNING + timedelta(hours=1), person="p9"))
    watch.feed(heard("unit-door", "door.opened", MORNING + timedelta(hours=1)))
    assert watch.state.watched[PLACE].last == MORNING
    watch.feed(heard("unit-door", "access.granted", MORNING + timedelta(hours=2), person="p1"))
    assert watch.state.watched[PLACE].last == MORNING + timedelta(hours=2)


def test_a_lift_that_the_settings_name_is_a_sign():
    watch = watching(devices=[{"device": "lift-reader", "place": PLACE, "sign": "lift"}])
    watch.feed(heard("lift-reader", "access.granted", MORNING + timedelta(hours=1)))
    assert watch.state.watched[PLACE].source == "lift"


def test_away_ends_by_itself_and_sooner_when_somebody_says_so():
    watch = watching()
    until = MORNING + timedelta(days=5)
    watch.feed(said("care.away", MORNING + timedelta(hours=1), until=until.isoformat()))
    assert silent(watch, until + timedelta(hours=11)) == []
    assert silent(watch, until + timedelta(hours=13)) == [("06 20:00", "raise low")]
    assert brief(
        watch.feed(said("care.away", until + timedelta(hours=14), until=(until + timedelta(days=9)).isoformat()))
    )
    watch.feed(said("care.back", until + timedelta(days=1)))
    assert silent(watch, until + timedelta(days=1, hours=12)) == [("07 20:00", "raise low")]


def test_i_am_fine_is_a_sign():
    watch = watching()
    watch.pass_until(MORNING + timedelta(hours=13))
    [cleared] = watch.feed(said("care.fine", MORNING + timedelta(hours=13)))
    assert cleared.reason.en == "Sign of life: the person themselves"


def test_what_has_ended_is_forgotten():
    watch = watching()
    watch.feed(heard("pir", "motion.started", MORNING))
    watch.feed(said("care.ended", MORNING + timedelta(hours=1)))
    assert watch.state == CareState()
    assert silent(watch, MORNING + timedelta(days=3)) == []


def test_another_time_keeps_what_was_learnt_and_another_person_does_not():
    watch = watching()
    for event in Life(1).events(20):
        watch.feed(event)
    learnt_before = dict(watch.state.watched[PLACE].gaps)
    watch.feed(agreed(watch.state.watched[PLACE].last, 24))
    assert watch.state.watched[PLACE].gaps == learnt_before
    other = replace(agreed(watch.state.watched[PLACE].last, 24), data={**agreed(MORNING).data, "person": "p2"})
    watch.feed(other)
    assert watch.state.watched[PLACE].gaps == {}


def test_a_habit_is_learnt_from_fourteen_days_and_capped():
    settings = CareSection()
    assert learnt([DayGap(day, 3600) for day in range(13)], settings) is None
    assert learnt([DayGap(day, 3600 * day) for day in range(14)], settings) == timedelta(hours=13 * 1.5)
    watch = watching()
    for event in Life(1).events(60):
        watch.feed(event)
    watched = watch.state.watched[PLACE]
    for hour in range(24):
        watched.last = FIRST + timedelta(days=61, hours=hour)
        watched.source = "motion"
        assert timedelta(hours=6) <= allowed(watched, settings, ZONE) <= timedelta(hours=12)
    watched.source = "door"
    assert allowed(watched, settings, ZONE) == timedelta(hours=12), "out of the house"


@pytest.mark.parametrize("data", [{}, {"m3": "much"}, {"m3": None}, {"m3": [1]}])
def test_a_reading_that_is_none_breaks_nothing(data):
    watch = watching()
    assert watch.feed(heard("meter", "meter.read", MORNING, **data)) == []


@pytest.mark.parametrize("seed", range(12))
def test_stopped_at_random_points_care_decides_the_same(seed):
    straight, stopped = _weeks(seed, stops=False), _weeks(seed, stops=True)
    assert stopped.decided == straight.decided
    assert stopped.rulebook.state_of(NAME) == straight.rulebook.state_of(NAME)
    assert straight.decided


def _weeks(seed: int, *, stops: bool) -> HomeMachine:
    rng = random.Random(seed)
    settings = CareSection(shortest=timedelta(hours=2), learnt_days=7)
    compound = replace(COMPOUND, devices=DEVICES)
    machine = HomeMachine(lambda: [(CareRule(settings, ZONE, compound), NAME)])
    machine.turn(FIRST)
    life = Life(seed, regular=1.5, trips=20, told=0.5, day_trips=0.2)
    for event in [agreed(FIRST, 8), *life.events(25)]:
        machine.wake(event.time)
        machine.accept(event)
        if rng.random() < 0.8:
            machine.work()
        if rng.random() < 0.03:
            machine.checkpoint()
        if rng.random() < 0.02:
            if stops:
                machine.crash()
            else:
                machine.work()
            machine.turn(event.time)
    machine.work()
    return machine


def test_the_state_is_plain():
    watch = watching()
    for event in Life(2, trips=30, told=1).events(40):
        watch.feed(event)
    adapter = TypeAdapter(CareState)
    assert adapter.validate_json(adapter.dump_json(watch.state, warnings="error")) == watch.state


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"steps": [{"after": "1h", "severity": "low"}]}, "not at once"),
        ({"steps": [{"after": "0s", "severity": "high"}, {"after": "1h", "severity": "low"}]}, "don't rise"),
        ({"decent_from": "21:00", "decent_until": "08:00"}, "end before they begin"),
        ({"shortest": "1h"}, "too short"),
    ],
)
def test_settings_have_their_mistakes_told(settings, words):
    with pytest.raises(ValueError, match=words):
        CareSection.model_validate(settings)


def test_actions_of_another_home_change_nothing():
    watch = watching()
    away = Action(kind="care.away", user="x", time=MORNING, place="b1/u1/101", data={"until": MORNING.isoformat()})
    watch.feed(away)
    assert watch.state.watched[PLACE].away_until is None
