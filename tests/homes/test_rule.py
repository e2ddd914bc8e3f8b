import pytest

from gateway.config.residents import HomeSection
from gateway.homes import ArmedState
from gateway.model import Action, Raise, Signal, Words
from gateway.testing.rules import COMPOUND, feed, made, signal
from rules.home_alarm import RULE as HOME_ALARM
from tests.homes.homes import ROOM, Run, home


def test_a_home_that_nobody_has_armed_or_disarmed_yet_alarms_as_without_settings():
    run = Run()
    assert run.zone(1) == [f"raise {ROOM}:door critical"]
    assert run.area.armed_state is ArmedState.UNKNOWN


def test_a_disarmed_home_raises_no_burglary_but_its_24_hour_zones_do():
    run = Run()
    run.disarm()
    assert run.zone(1) + run.zone(2) + run.hear("home-window") == []
    assert run.zone(4) == [f"raise {ROOM}:safe critical"]
    assert run.zone(4, "zone.restored") == [f"clear {ROOM}:safe"]


def test_leaving_within_the_exit_delay():
    run = Run()
    run.disarm()
    run.zone(2)  # walking
    run.arm()
    assert (run.answer.accepted, run.area.phase, run.area.armed_state) == (True, "arming", ArmedState.DISARMED)
    run.after(20)
    assert run.zone(1) == []
    run.zone(1, "zone.restored")
    run.zone(2, "zone.restored")
    assert run.after(41) == []
    assert (run.area.phase, run.area.armed_state) == ("armed", ArmedState.AWAY)
    assert [event.what for event in run.area.events] == ["disarmed", "armed"]


def test_coming_home_within_the_entry_delay():
    run = Run().armed()
    assert run.zone(1) == []
    assert run.area.armed_state is ArmedState.AWAY
    assert run.zone(2) == [], "an interior zone is quiet while somebody walks to the keypad"
    run.after(29)
    assert run.disarm(by="keypad") == []
    assert run.after(600) == []
    assert run.area.memory == []


def test_an_entry_delay_that_ends_is_a_burglary():
    run = Run().armed()
    run.zone(1)
    assert run.after(29) == []
    assert run.after(2) == [f"raise {ROOM}:door critical"]
    assert run.zone(2) == [f"raise {ROOM}:hall critical"], "the delay is over"


def test_a_window_does_not_wait_for_the_entry_delay():
    run = Run().armed()
    run.zone(1)
    assert run.hear("home-window") == [f"raise {ROOM}:window critical"]


def test_the_reason_is_what_a_guard_would_say():
    run = Run().armed("night")
    [decision] = run.feed(Signal(device="home-window", kind="zone.alarm", received=run.now))
    assert isinstance(decision, Raise)
    assert decision.reason == Words(
        "3号楼1单元101室 卧室窗 入侵报警（夜间布防）",
        "Burglary alarm at Building 3 Unit 1 Room 101, 卧室窗 (armed night)",
    )
    assert (decision.place, decision.device) == (ROOM, "home-window")


@pytest.mark.parametrize(("mode", "quiet", "loud"), [("home", (2, 5), ()), ("night", (5,), (2,)), ("away", (), (2, 5))])
def test_what_is_left_out_in_each_mode(mode, quiet, loud):
    run = Run().armed(mode)
    for number in quiet:
        assert run.zone(number) == []
    for number in loud:
        assert run.zone(number), number


def test_an_open_window_refuses_arming_with_its_name_unless_it_is_bypassed():
    run = Run()
    run.disarm()
    run.hear("home-window")
    run.arm()
    assert (run.answer.accepted, run.answer.zh, run.answer.zones) == (False, "防区未关：卧室窗", ["window"])
    assert run.area.phase == "disarmed"
    run.arm(bypass=["window"])
    assert run.answer.accepted
    run.after(61)
    assert run.area.phase == "armed"
    assert run.hear("home-window", "zone.restored") + run.hear("home-window") == [], "bypassed until it is disarmed"
    run.disarm()
    assert run.area.bypassed == {}


def test_a_standing_bypass_outlives_disarming():
    run = Run().armed()
    run.ask("area.bypass_asked", bypass=["window"])
    run.disarm()
    run.armed()
    assert run.hear("home-window") == []
    run.ask("area.bypass_asked", bypass=[])
    assert run.hear("home-window") == [f"raise {ROOM}:window critical"]


@pytest.mark.parametrize("zone", ["safe", "attic"])
def test_what_can_not_be_bypassed(zone):
    run = Run()
    run.disarm()
    run.arm(bypass=[zone])
    assert (run.answer.accepted, run.answer.zones) == (False, [zone])


def test_a_door_left_open_at_the_end_of_the_exit_delay_is_told_and_nothing_is_armed():
    run = Run()
    run.disarm()
    run.arm()
    run.zone(1)
    run.after(61)
    assert run.area.phase == "disarmed"
    assert (run.area.events[-1].what, run.area.events[-1].zones) == ("failed", ["door"])


def test_a_detector_that_only_says_that_something_moved_does_not_stay_open():
    run = Run()
    run.disarm()
    run.zone(5)
    run.arm("home", bypass=[])
    assert run.answer.accepted
    assert run.area.open == []


def test_a_zone_that_does_not_answer_can_not_be_armed():
    run = Run()
    run.disarm()
    run.hear("home", "device.offline")
    run.arm("home")
    assert run.answer.zh == "防区无应答：入户门、卧室窗、保险柜"  # the window is part of the panel
    run.hear("home", "device.online")
    run.arm("home")
    assert run.answer.accepted


def test_disarming_ends_alerts_and_sirens_and_the_memory_stays_until_the_next_arming():
    run = Run(home(sirens=["siren"])).armed()
    assert run.hear("home-window") == ["perform siren on", f"raise {ROOM}:window critical"]
    assert run.hear("home-window") == [f"raise {ROOM}:window critical"], "the siren is on already"
    assert run.disarm() == [f"clear {ROOM}:window", "perform siren off"]
    assert [each.zone for each in run.area.memory] == ["window"]
    assert run.area.events[-1].zones == ["window"]
    run.hear("home-window", "zone.restored")
    run.arm()
    assert run.area.memory == []


def test_the_end_of_a_tamper_closes_no_zone():
    run = Run()
    run.disarm()
    run.hear("home-window")
    run.hear("home-window", "zone.restored", **{"from": "tamper"})
    assert run.area.open == ["window"]


def test_a_door_contact_and_a_motion_detector_are_zones_too():
    run = Run().armed("night")
    assert run.hear("home-window", "door.opened") == [f"raise {ROOM}:window critical"]
    assert run.hear("home-window", "door.closed") == [f"clear {ROOM}:window"]


def test_the_clock_ends_no_alarm_and_is_asked_once():
    run = Run().armed()
    run.hear("home-window")
    due = run.now.isoformat()
    assert run.disarm(by="schedule", due=due) == []
    assert (run.answer.accepted, run.area.phase) == (False, "armed")
    run.disarm()
    run.hear("home-window", "zone.restored")
    later = run.now.replace(hour=23).isoformat()
    run.arm("night", by="schedule", due=later)
    assert run.area.phase == "armed"
    run.disarm()
    run.arm("night", by="schedule", due=later)
    assert run.area.phase == "disarmed", "the same line of the schedule, asked again after a restart"


def test_the_household_hears_that_the_schedule_could_not_arm():
    run = Run()
    run.disarm()
    run.hear("home-window")
    run.arm("night", by="schedule")
    assert (run.area.events[-1].what, run.area.events[-1].zones) == ("refused", ["window"])


def test_a_mirrored_panel_is_read_and_never_overruled():
    run = Run()
    area = run.state.area("b3/u1/102")
    run.hear("panel", "area.armed", mode="home")
    assert area.armed_state is ArmedState.HOME
    run.hear("panel", "area.disarmed")
    assert area.armed_state is ArmedState.DISARMED
    run.feed(asked(run, "b3/u1/102", {"by": "phone", "mode": "away"}))
    assert (area.answers[-1].accepted, area.answers[-1].zh) == (False, "这户的报警主机自行布撤防，请在主机上操作")
    assert run.hear("panel", zone=9) == [], "what the panel reports is for home_alarm"


def asked(run, place, data):
    return Action(kind="area.arm_asked", user="u", time=run.now, place=place, data=data)


@pytest.mark.parametrize(
    "data", [{}, {"by": "phone", "bypass": 3}, {"by": "phone", "due": "soon"}, {"by": 7, "mode": []}]
)
def test_data_of_anothers_making_breaks_nothing(data):
    run = Run()
    run.feed(asked(run, ROOM, data))
    assert run.area.phase == "unknown"


def test_a_home_that_is_gone_from_the_settings_is_left_alone():
    run = Run().armed()
    run.zone(1)
    run.rule._lookup = type(run.rule._lookup)([])
    assert run.after(60) == []


def test_each_alarm_is_one_alert():
    """Burglary is this rule's; everything else of the home is home_alarm's, armed or not."""
    run = Run()
    run.disarm()
    compound = run.rule.compound
    home_alarm = made(HOME_ALARM, compound)
    burglary, window = signal("home", "zone.alarm", zone=1), signal("home-window", "zone.alarm")
    other = signal("home", "zone.alarm", zone=77)  # a number that no home names
    kinds = ("fire.alarm", "gas.alarm", "panic.pressed", "zone.tampered", "duress.entered")
    theirs = [other, *(signal("home", kind, zone=1) for kind in kinds)]
    assert [home_alarm.answers_for(each) for each in (burglary, window, *theirs)] == [False, False, *[True] * 6]
    assert [run.rule.answers_for(each) for each in (burglary, window, *theirs)] == [True, True, *[False] * 6]
    assert feed(home_alarm, [burglary, window]) == []
    assert made(HOME_ALARM, COMPOUND).answers_for(burglary), "without `homes` all is as before"


def test_texts_of_numbers_are_numbers():
    run = Run()
    run.disarm()
    run.hear("home", zone="1")
    assert run.area.open == ["door"]
    assert run.rule.compound.arms(signal("home", "zone.alarm", zone="1"))


def test_settings_are_told_with_their_fix():
    with pytest.raises(ValueError, match="no zones"):
        HomeSection.model_validate({"place": ROOM})
    with pytest.raises(ValueError, match="24-hour zone"):
        home(left_out={"home": ["safe"]})
    with pytest.raises(ValueError, match="'panel'"):
        HomeSection.model_validate({"place": ROOM, "mirrored": True})
